"""Commands that print the figures of docs/figures.md. `python -m bench` runs them all."""
