"""The kinds of work item, and the desk's items as a source of the next edition."""
