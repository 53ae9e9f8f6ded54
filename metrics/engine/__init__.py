"""How numbers are computed: plans, SQL, sums, quantiles, views."""
