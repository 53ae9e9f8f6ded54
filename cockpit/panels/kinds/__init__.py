"""One module per kind of panel. All modules of this folder are loaded."""
