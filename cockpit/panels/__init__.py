"""Panels: the blocks that cockpits, topics and walls are made of, one class a kind. Layouts (YAML) put them in rows."""
