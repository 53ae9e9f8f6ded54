"""The desk: the operational store of accounts, grants, sessions, tokens and the audit.

SQLite beside the editions by default, PostgreSQL by URL. Times are naive UTC. Only hashes of secrets that somebody
carries are stored: passwords by Argon2id, tokens by SHA-256.
"""
