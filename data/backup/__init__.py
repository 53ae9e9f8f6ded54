"""Backup of a home and its desk while both are in use, and restore.

archive     one private file: a tar whose last member lists every other with its SHA-256
take        what of a home goes into it, each part consistent, in an order that keeps the parts consistent
desk        a PostgreSQL desk as rows, out of and into one transaction
totals      what is counted when it is taken, and again when it is restored
restore     into an empty home, verified before anything is put in place
"""
