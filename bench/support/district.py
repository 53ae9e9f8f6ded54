"""The demo district of a given size, built once in a folder and used again."""

import subprocess
import sys
from pathlib import Path

from data.editions.edition import current
from data.home import Home


def district(folder: Path, cases: int) -> tuple[Home, str]:
    """The home and the id of its edition; built by the command line, as a user would, unless it is there."""
    home = Home(folder / f"demo-{cases}")
    edition = current(home) if home.editions.is_dir() else None
    if edition is None:
        command = [sys.executable, "-m", "cockpit", "demo", "--cases", str(cases), "--home", str(home.root)]
        subprocess.run(command, check=True)
        edition = current(home)
    assert edition is not None
    return home, edition.id
