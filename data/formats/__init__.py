"""Readers of what DuckDB does not read exactly: CSV with faults, workbooks, lines of JSON."""
