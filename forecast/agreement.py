"""Minutes and their block made to agree: the fine forecast is moved, within its bounds, to the block's mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.data import SiteData
from forecast.deliver import ceilings
from forecast.errors import InputTypeError, TimeError
from forecast.timegrid import index_ns, moment_ns, step_text, usual_step_ns

LIT = 1e-9  # kW below which a step has nothing to be moved: the sun is down, or the plan says zero


def reconcile(fine: pd.DataFrame, block: pd.DataFrame, data: SiteData) -> pd.DataFrame:
    """Return the fine forecast moved so that its means over the block's intervals are the block forecast.

    Both are frames of `Forecaster.predict`, of one site and one issue time, say 15 × 1 min and 1 × 15 min. The block is
    trained on the mean itself and is the better forecast of it; the fine one says how the power gets there. Within a
    block of mean m, a fine forecast p becomes p · m / mean(p) where it was too high, and p + λ (c − p) with λ =
    (m − mean(p)) / mean(c − p) where it was too low, c = what can be delivered then; quantiles move alike and never
    cross. A step whose quantiles are all 0 stays 0. Steps that no whole block covers are left as they are.

    Args:
        data: the site's data both forecasts were made from.

    Raises:
        InputTypeError, TimeError: frames of another kind, of two sites, issue times, or steps that do not fit.
    """
    _check_pair(fine, block)
    fine_ns, block_ns = index_ns(fine.index, "fine"), index_ns(block.index, "block")
    issue = moment_ns(fine.attrs["issue_time"], "issue_time")
    ratio, at = _places(fine_ns, block_ns, issue, fine["lead"].to_numpy(), block["lead"].to_numpy())
    issues, step = np.array([issue]), int(fine_ns[0] - issue) // int(fine["lead"].iloc[0])
    most, able = ceilings(data, issues, fine_ns[None, :], step)
    levels = [name for name in fine.columns if name.startswith("q") and name[1:].isdigit()]
    values, potential = fine[["power", *levels]].to_numpy(copy=True), fine["potential"].to_numpy(copy=True)
    for row, start in at:
        part = slice(start, start + ratio)
        room = np.where((values[part] > LIT).any(axis=1), most[0, part], 0.0)
        values[part] = agree(values[part].T, block["power"].to_numpy()[row], room).T
        lit = np.where(potential[part] > LIT, able[0, part], 0.0)
        potential[part] = agree(potential[None, part], block["potential"].to_numpy()[row], lit)[0]
    moved = dict(zip(("power", *levels), values.T, strict=True)) | {"potential": potential}
    return fine.assign(**moved)


def agree(fine: np.ndarray, mean: Any, ceiling: np.ndarray) -> np.ndarray:
    """Return forecasts moved so that the first one's mean over the last axis is `mean`; all move alike.

    Args:
        fine: (…, R, m): R curves of m steps, the first of them the point forecast. mean: (…). ceiling: (…, m), the most
            that a step can have; where all of the room is not enough, the steps stand at their ceilings.
    """
    point, ceiling = fine[..., 0, :], np.maximum(ceiling, fine[..., 0, :])
    now, wanted = point.mean(axis=-1), np.asarray(mean, dtype=np.float64)
    room = (ceiling - point).mean(axis=-1)
    up = np.clip(np.divide(wanted - now, room, out=np.zeros_like(now), where=room > 0), 0.0, 1.0)
    down = np.clip(np.divide(wanted, now, out=np.ones_like(now), where=now > 0), 0.0, 1.0)
    top = np.maximum(ceiling[..., None, :], fine)
    moved: np.ndarray = fine * down[..., None, None] + up[..., None, None] * (top - fine)
    return moved


def _check_pair(fine: pd.DataFrame, block: pd.DataFrame) -> None:
    for name, frame in (("fine", fine), ("block", block)):
        if not isinstance(frame, pd.DataFrame) or "issue_time" not in frame.attrs or "potential" not in frame:
            raise InputTypeError(f"{name} is no frame of Forecaster.predict; pass what predict returned, unchanged")
    for what in ("site", "issue_time"):
        if fine.attrs[what] != block.attrs[what]:
            raise TimeError(
                f"fine is of {what} {fine.attrs[what]}, block of {block.attrs[what]}; predict both at the same moment"
            )


def _places(
    fine_ns: np.ndarray, block_ns: np.ndarray, issue: int, fine_lead: np.ndarray, block_lead: np.ndarray
) -> tuple[int, list[tuple[int, int]]]:
    """Return how many fine steps make a block, and (row of the block, first fine place) of each covered block."""
    fine_step, block_step = ((ns[0] - issue) // lead[0] for ns, lead in ((fine_ns, fine_lead), (block_ns, block_lead)))
    if block_step % fine_step or (len(fine_ns) > 1 and usual_step_ns(fine_ns) != fine_step):
        raise TimeError(f"steps of {step_text(int(fine_step))} do not fill a block of {step_text(int(block_step))}")
    ratio = int(block_step // fine_step)
    found = []
    for row, end in enumerate(block_ns):
        start = int(np.searchsorted(fine_ns, end - block_step + fine_step))
        if start + ratio <= len(fine_ns) and fine_ns[start + ratio - 1] == end:
            found.append((row, start))
    if not found:
        raise TimeError("no block is wholly covered by the fine forecast; let its horizon reach the block's end")
    return ratio, found
