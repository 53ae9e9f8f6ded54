"""Delivery of finished reports: download, mail, access checks, proof of origin."""
