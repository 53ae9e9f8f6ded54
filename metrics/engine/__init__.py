"""How numbers are computed: questions, SQL, sums, quantiles, views."""
