"""Which data an edition has for a metric: columns, sources, days and freshness."""
