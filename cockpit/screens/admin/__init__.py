"""Pages of administrators, data officers and inspectors."""
