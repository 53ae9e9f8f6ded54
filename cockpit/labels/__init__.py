"""Labels for screens and documents: formats, names, translated messages."""
