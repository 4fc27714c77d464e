"""A plant in operation: what comes in minute by minute with all that can go wrong on the way, and who forecasts."""
