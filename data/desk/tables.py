"""All tables of the desk: import this module, so that the metadata does not depend on what else was imported."""

import data.desk.alerting.models
import data.desk.items.models
import data.desk.models
import data.desk.notifications.models  # noqa: F401  (registers its tables)
from data.desk.base import Base

metadata = Base.metadata
