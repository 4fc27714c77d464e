"""The colours of all pictures, told apart by colour-blind readers and, with the markers, in black and white."""

from __future__ import annotations

from typing import Any

# Okabe & Ito 2008, "Color Universal Design", without yellow (too light for lines) and black (kept for the truth)
MODELS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
TRUTH = "#000000"
FORECAST = "#0072B2"
REFERENCE = "#767676"
CHANCE = "#D9D9D9"
_PALEST, _STRONGEST = 0.18, 0.60  # share of colour in white


def model_style(place: int) -> dict[str, Any]:
    """Return colour and marker of the model at this place, as matplotlib's keywords."""
    return {"color": MODELS[place % len(MODELS)], "marker": MARKERS[place % len(MARKERS)]}


def band_colour(place: int, bands: int) -> str:
    """Return the colour of a fan's band, 0 = the widest and palest; opaque, so that bands do not add up.

    >>> band_colour(0, 1), band_colour(0, 2) > band_colour(1, 2)
    ('#D1E6F1', True)
    """
    share = _PALEST + (_STRONGEST - _PALEST) * (place / (bands - 1) if bands > 1 else 0.0)
    parts = (int(FORECAST[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * share):02X}" for part in parts)
