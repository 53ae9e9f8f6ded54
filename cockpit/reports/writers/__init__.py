"""One writer a format. Each takes a document and gives the same bytes for the same document, every time."""
