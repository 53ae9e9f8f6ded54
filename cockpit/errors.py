"""The exceptions of the shell: one line for the person at the keyboard, and what the process exits with."""

from data.errors import Problem


class CockpitError(Problem):
    """A run failed."""

    exit_code = 1


class UsageError(CockpitError):
    """The command, a setting or a file of configuration is wrong: nothing was tried yet."""

    exit_code = 2
