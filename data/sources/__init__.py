"""Where deliveries come from: definitions, files, databases, expressions."""
