"""Statistical disclosure control: which cells of the published tables must be left out, so that none can be recomputed.

relations.Relations      counts, and the linear relations that hold among them
audit.loose(...)         which hidden counts an attacker cannot pin down: exact bounds by linear programming
choose.suppressed(...)   the cells to leave out: primary ones, and complements until the audit passes
tables.published(...)    the tables of a file with those cells left out
"""
