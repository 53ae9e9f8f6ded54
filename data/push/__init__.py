"""Pushed deliveries: intake, spool, journal, receipts, rate limit."""
