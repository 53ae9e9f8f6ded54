"""The rows behind a number: page, table, tools and downloads."""
