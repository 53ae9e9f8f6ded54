"""Screens of notifications: the list, the button that subscribes."""
