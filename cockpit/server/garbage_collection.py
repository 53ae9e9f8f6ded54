"""Garbage collector settings for a server with many open screens.

A full collection stops every thread and reads every object of every open screen: a quarter of a second with 300 of
them. By Python's defaults one comes every few seconds, since what a run leaves behind is old already when the run ends.
"""

import gc

YOUNG, MIDDLE, OLD = 10_000, 5, 15
"""Container objects between two young collections: those of about eight runs. Young collections to one of the middle
generation, which takes what runs left that were under way; and of those to a full one: every 1,400 runs or so, until
when 60 MB of what they left wait.
"""


def settle() -> None:
    """Freeze what is loaded now and set the thresholds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
