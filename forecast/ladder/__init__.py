"""What serves where inputs are missing or late: a rung for each set of them, down to climatology with the sun."""

from forecast.ladder.ladder import Ladder

__all__ = ["Ladder"]
