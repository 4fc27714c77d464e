"""Parts of a model inside another model."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.models.contract import Model, Parts


def base_parts(model: Model | None) -> Parts:
    """Return the parts of an inner model, its arrays and texts under `base/`."""
    if model is None:
        return {"name": None}, {}, {}
    values, arrays, texts = model.to_parts()
    return (
        {"name": model.name, "values": values},
        {f"base/{key}": value for key, value in arrays.items()},
        {f"base/{key}": value for key, value in texts.items()},
    )


def base_from_parts(values: dict[str, Any], arrays: dict[str, np.ndarray], texts: dict[str, str]) -> Model | None:
    """Return the inner model that `base_parts` described."""
    from forecast.models import by_name

    if values["name"] is None:
        return None
    inner: Model = by_name(values["name"]).from_parts(values["values"], under("base", arrays), under("base", texts))
    return inner


def under(prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
    """Return what stands under `prefix/`, the prefix taken off."""
    return {key.removeprefix(prefix + "/"): value for key, value in parts.items() if key.startswith(prefix + "/")}
