"""Import all modules of a folder, so that a new one needs no list that names it."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def import_all(package: ModuleType) -> None:
    """Import every module of a package."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
