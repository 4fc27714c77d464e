"""Features of power, sun and weather, each known at the issue time."""
