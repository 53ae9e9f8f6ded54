"""What the first visitor would otherwise wait for: slow imports, the catalog, the current edition."""

import importlib
import logging

from cockpit import editions, settings
from cockpit.view import catalog_of
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError

log = logging.getLogger(__name__)

SLOW = (
    "numpy", "pandas", "pyarrow", "plotly.graph_objects", "plotly.io", "streamlit.elements.plotly_chart",
    "streamlit.elements.arrow", "cockpit.charts", "cockpit.components.header",
)  # fmt: skip


def up() -> None:
    """Import, read and open. No edition yet is no error: the screens say what to do."""
    for module in SLOW:
        importlib.import_module(module)
    config = settings.current()
    catalog_of(config)
    try:
        edition = editions.current(config)
        areas.children(edition, areas.root(edition))
    except (DataError, MetricsError) as error:
        log.warning("%s", error)
