"""The audit chain: rows, anchors outside the desk, and the proof that none was changed."""
