"""The demo's cases: topics, streams, service levels and the steps of each case."""
