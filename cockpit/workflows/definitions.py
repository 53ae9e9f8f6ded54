"""The kinds of work item: `workflows/*.yaml`, and a district's own (COCKPIT_WORKFLOWS)."""

from pathlib import Path

from cockpit.errors import UsageError
from cockpit.settings import Settings
from data.errors import DataError
from data.workflow import read
from data.workflow.read import Workflows

HERE = Path(__file__).parent


def of(config: Settings) -> Workflows:
    """The workflows of these settings by id. UsageError that lists the faults, each with file and path."""
    try:
        return read.load(HERE, config.workflows)
    except DataError as error:
        raise UsageError.of(error) from error
