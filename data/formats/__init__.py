"""Readers of formats that DuckDB cannot read exactly: faulty CSV, workbooks, JSON lines."""
