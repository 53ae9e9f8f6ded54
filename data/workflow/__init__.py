"""Workflows of items: the model of their YAML files, its validation, and the replay of an item's events."""
