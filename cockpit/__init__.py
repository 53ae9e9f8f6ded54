"""The shell: settings, the command line, and what the screens share."""
