"""How many examples a property gets: a few in `make test`, all of them in `make test-slow`."""

import hypothesis

QUICK, DEEP = "quick", "deep"
SHARE = 5
"""`make test` tries one of so many examples."""

# Machines that run tests are busy: time is not what a property is about.
hypothesis.settings.register_profile(QUICK, deadline=None, print_blob=True, max_examples=100 // SHARE)
hypothesis.settings.register_profile(DEEP, deadline=None, print_blob=True, max_examples=100)
hypothesis.settings.load_profile(QUICK)


def examples(deep: int) -> int:
    """The number of examples under the current profile for a property that gets `deep` of them in `make test-slow`."""
    return deep if hypothesis.settings.get_current_profile_name() == DEEP else max(deep // SHARE, 3)
