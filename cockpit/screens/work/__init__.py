"""Screens of work items: the inbox, the card of one item, and the form that begins one."""
