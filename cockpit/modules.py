"""Import all modules of a folder, so that a new one needs no list that names it."""

from collections.abc import Collection
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def import_all(package: ModuleType, *, but: Collection[str] = ()) -> None:
    """Import every module of a package except those named in `but`."""
    for module in iter_modules(package.__path__):
        if module.name not in but:
            import_module(f"{package.__name__}.{module.name}")
