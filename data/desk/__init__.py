"""The desk: the operational store of accounts, grants, sessions, tokens and the audit.

SQLite next to the editions by default, PostgreSQL by URL. Times are naive UTC. Only hashes of secrets that somebody
carries are stored: passwords by Argon2id, tokens by SHA-256. The secret of a second factor, which codes are made of, is
stored as it is: the desk's file and its copies are for its owner alone.
"""
