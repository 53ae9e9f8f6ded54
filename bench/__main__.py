"""`python -m bench`: every figure that the README quotes, one command after the other."""

from bench import load, query

load.main()
query.main()
