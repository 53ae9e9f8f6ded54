"""What the screens and documents call things: formats, names, messages of the layers below."""
