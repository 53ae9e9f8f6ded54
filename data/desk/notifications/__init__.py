"""Notifications of accounts: stored texts, who receives them, and their delivery outside the cockpit."""
