"""What arrives in a control room, and when: a record broken into messages that are late, lost, doubled or wrong.

Times are whole minutes since the first one; everything is drawn from one seed before the operation begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

import forecast as fc

MINUTE = pd.Timedelta("1min")
# values that loggers write when they break, beside frozen and missing ones
WRONG = (-9999.0, 65535.0, 1e6, -1e6, np.inf)


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong: shares of messages; outages of inputs a day, of the weather at all.

    Attributes:
        latest: minutes that a late value may take. outage, weather_outage: shortest and longest [min].
    """

    late: float = 0.02
    lost: float = 0.01
    twice: float = 0.01
    swapped: float = 0.02
    wrong: float = 0.01
    corrected: float = 0.5  # of the wrong ones, that come again as they should
    latest: int = 720
    outages_a_day: float = 0.4
    outage: tuple[int, int] = (5, 240)
    weather_outages: int = 5
    weather_outage: tuple[int, int] = (6 * 60, 48 * 60)


@dataclass
class Inbox:
    """Messages by minute of arrival: (input, label, values), and runs of the weather."""

    values: dict[int, list[tuple[str, pd.Timestamp, tuple[float, ...]]]] = field(default_factory=dict)
    runs: dict[int, list[tuple[str, xr.Dataset]]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def put(self, at: int, what: str, label: pd.Timestamp, values: tuple[float, ...]) -> None:
        self.values.setdefault(at, []).append((what, label, values))

    def note(self, kind: str, number: int = 1) -> None:
        self.count[kind] = self.count.get(kind, 0) + int(number)


def inbox(data: fc.SiteData, start: pd.Timestamp, minutes: int, faults: Faults, seed: int) -> Inbox:
    """Return what arrives within so many minutes from `start` on."""
    rng, out = np.random.default_rng(seed), Inbox()
    for what in ("power", "observed"):
        table = getattr(data, what)
        if table is not None:
            _measured(out, what, table, start, minutes, faults, rng)
    for name in data.run_sources:
        _weather(out, data, name, start, minutes, faults, rng)
    return out


def _measured(
    out: Inbox,
    what: str,
    table: pd.Series | pd.DataFrame,
    start: pd.Timestamp,
    minutes: int,
    faults: Faults,
    rng: np.random.Generator,
) -> None:
    rows = table[(table.index > start) & (table.index <= start + minutes * MINUTE)]
    values = rows.to_numpy(dtype=float).reshape(len(rows), -1)
    due = ((rows.index - start) / MINUTE).to_numpy().astype(int)
    draw = {kind: rng.random(len(rows)) < getattr(faults, kind) for kind in ("late", "lost", "twice", "wrong")}
    swapped = rng.random(len(rows)) < faults.swapped
    delay = rng.integers(1, faults.latest, len(rows))
    broken = rng.choice(WRONG, len(rows))
    frozen = rng.random(len(rows)) < 0.2  # of the wrong ones: the value before once more
    down = _outages(rng, minutes, rng.poisson(faults.outages_a_day * minutes / 1440), faults.outage)
    for i, label in enumerate(rows.index):
        if draw["lost"][i]:
            out.note(f"{what} lost")
            continue
        arrives = int(due[i])
        until = next((end for begin, end in down if begin <= arrives < end), None)
        if until is not None:  # the line was down: all of it comes at once when it is up again
            arrives = until
            out.note(f"{what} held up")
        elif draw["late"][i]:
            arrives += int(delay[i])
            out.note(f"{what} late")
        elif swapped[i]:
            arrives += 1
            out.note(f"{what} out of order")
        right = tuple(values[i])
        if draw["wrong"][i]:
            out.note(f"{what} corrupted")
            bad = tuple(values[i - 1]) if frozen[i] and i else (float(broken[i]),) * len(right)
            out.put(arrives, what, label, bad)
            if rng.random() < faults.corrected:
                out.note(f"{what} corrected")
                out.put(arrives + int(delay[i]), what, label, right)
            continue
        out.put(arrives, what, label, right)
        if draw["twice"][i]:
            out.note(f"{what} twice")
            out.put(arrives + int(rng.integers(0, 30)), what, label, right)


def _weather(
    out: Inbox,
    data: fc.SiteData,
    name: str,
    start: pd.Timestamp,
    minutes: int,
    faults: Faults,
    rng: np.random.Generator,
) -> None:
    down = _outages(rng, minutes, faults.weather_outages, faults.weather_outage)
    out.note("weather outages", len(down))
    for i, moment in enumerate(data.published(name)):
        arrives = (int(moment) - start.as_unit("ns").value) // (60 * 10**9)
        if not 0 < arrives <= minutes:
            continue
        until = next((end for begin, end in down if begin <= arrives < end), None)
        if until is not None:
            kind = "runs lost" if rng.random() < 0.5 else "runs held up"
            out.note(kind)
            if kind == "runs lost":
                continue
            arrives = until
        run = data.nwp[name].isel(init_time=[i])
        out.runs.setdefault(arrives, []).append((name, run))
        if rng.random() < 0.1:
            out.note("runs corrected")
            out.runs.setdefault(arrives + int(rng.integers(1, 300)), []).append((name, run * 1.05))


def _outages(rng: np.random.Generator, minutes: int, count: int, lengths: tuple[int, int]) -> list[tuple[int, int]]:
    begins = np.sort(rng.integers(0, minutes, count))
    return [(int(begin), int(begin + rng.integers(*lengths, endpoint=True))) for begin in begins]
