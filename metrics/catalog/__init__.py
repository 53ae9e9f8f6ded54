"""The catalog: every metric, defined once, in the YAML files of this folder.

`load` reads and validates it. A district adds its own metrics by a folder of further files in the same
form. What a definition may say is `metrics.catalog.model`; docs/metrics.md explains it to data officers.
"""

from metrics.catalog.model import Catalog, Domain, Flow, Metric, Stock, Trailing
from metrics.catalog.read import load, load_usable

__all__ = ["Catalog", "Domain", "Flow", "Metric", "Stock", "Trailing", "load", "load_usable"]
