"""The server around the screens: processes, prewarming, health, telemetry, static files."""
