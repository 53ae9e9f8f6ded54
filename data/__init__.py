"""Storage and ingest. Has no metric ids."""
