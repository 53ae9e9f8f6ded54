"""Exceptions of the shell: a one-line message and an exit code."""

from data.errors import Problem


class CockpitError(Problem):
    """A run failed."""

    exit_code = 1


class UsageError(CockpitError):
    """The command, a setting or a file of configuration is wrong: nothing was tried yet."""

    exit_code = 2
