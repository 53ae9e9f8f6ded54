"""Commands on data: load, publish, push, probe."""
