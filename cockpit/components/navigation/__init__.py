"""Header, filters, search box, buttons and links between pages."""
