"""`python -m cockpit`: the command line."""

import logging
import os
import sys

from cockpit.commands import main

if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # at a normal exit DuckDB's binding lists what still lives, and drowns the one line of an error
