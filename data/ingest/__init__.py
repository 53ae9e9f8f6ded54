"""From a delivery to stored facts: validation, merging, rejects, unloading."""
