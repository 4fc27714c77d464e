"""What each part of the default forecaster brings: one part left out, or added, at a time; writes docs/ablation.md.

python benchmarks/ablation.py --data ../shared/data                         # four records, quarter of an hour
python benchmarks/ablation.py --data ../shared/data --only paddle_wind      # the page is only printed

What has finished lies in the folder `--keep` and is not made again: after a change of code take a new one.

The default model of leads 1, 4 and 16, trained once on the first 70 % of a record and scored on the stored rows of the
last 30 %. A group of features is left out of the matrices that models are trained on and asked with; members of
the blend stand alone; neighbours and the correction by the newest outcomes (`adapt`) are added. Above 0: the
error is so many per cent larger than the whole's; rows `with …` are better below 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

import records  # noqa: E402
import ultra_short  # noqa: E402

import forecast as fc  # noqa: E402
from forecast.design import Design  # noqa: E402
from forecast.models import Blend, Model, make  # noqa: E402
from forecast.params import copy_unfitted  # noqa: E402
from forecast.timegrid import index_ns  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "ablation.md"
#: other records of the same operator whose power and wind may be read, by record
NEAR = {
    "jilin_wind.first": ("jilin_wind.second", "jilin_wind.ruifeng", "jilin_wind.dagang"),
    "jilin_wind.second": ("jilin_wind.first", "jilin_wind.ruifeng", "jilin_wind.dagang"),
    "la_haute_borne.R80711": ("la_haute_borne.R80721",),
    **{f"pvod.station0{own}": tuple(f"pvod.station0{other}" for other in (0, 1, 2, 4, 5, 7) if other != own)
       for own in (1, 2, 4, 7)},
}  # fmt: skip
#: two PV plants and two wind farms that have every part between them
USUAL = ("cuee_pv.15min", "pvod.station02", "paddle_wind", "jilin_wind.second")
WHOLE = "whole"


def main() -> None:
    """Score every variant, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "ablation", help="folder of finished parts")
    parser.add_argument("--only", nargs="*", choices=records.RECORDS, help="records; four otherwise")
    options = parser.parse_args()
    names, parts = options.only or USUAL, []
    options.keep.mkdir(parents=True, exist_ok=True)
    for name in names:
        for lead in ultra_short.LEADS:
            path = options.keep / f"{name}.{lead}.parquet"
            if not path.exists():
                one(name, lead, options.data).assign(record=name, lead=lead).to_parquet(path)
            parts.append(pd.read_parquet(path))
            print(name, lead, summary(parts[-1]), flush=True)
    text = page(pd.concat(parts))
    print("\n" + text)
    if not options.only:
        DOCS.write_text(text)


def one(name: str, lead: int, folder: Path) -> pd.DataFrame:
    """Return the squared errors of each variant on the stored rows of a record and lead, a row each."""
    data = records.load_site(ultra_short.MINUTES.get(name, name), folder)
    step = pd.Timedelta("10min" if name in ultra_short.TEN_MINUTES else "15min")
    rows = records.load_rows(name, folder)
    rows = rows[rows["lead"] == lead].sort_values("issue_time")
    times = pd.DatetimeIndex(rows["issue_time"])
    times = times.tz_localize("UTC") if times.tz is None else times
    settings = {"horizon": lead * step, "step": step, "first_lead": lead}
    errors = {}
    for variant, point in points(data, settings, times, near(name, data, folder)):
        errors[variant] = (point - rows["actual"].to_numpy()) ** 2
    return pd.DataFrame(errors).assign(day=times.floor("D"))


def near(name: str, data: fc.SiteData, folder: Path) -> fc.SiteData | None:
    """Return the data with the neighbours attached, if the record has any."""
    if name not in NEAR:
        return None
    others = {other: records.load_site(other, folder) for other in NEAR[name]}
    return fc.SiteData(data.site, data.power, observed=data.observed, nwp=data.nwp or None, neighbours=others)


def points(
    data: fc.SiteData, settings: dict[str, object], times: pd.DatetimeIndex, beside: fc.SiteData | None
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each variant's name and its points (n,), shares of capacity."""
    issue_ns = index_ns(times)
    # the reference is trained in no time, and makes the matrices that all variants share
    forecaster = fc.Forecaster("reference", **settings).fit(data.until(times[0]))
    train, test = training(forecaster, data.until(times[0])), forecaster.forecasts(data, issue_ns)[1]
    whole = make("lightgbm", data.site.kind, 1)
    yield WHOLE, shares(whole, train, test)
    groups = sorted({column.group for column in (*train.common_columns, *train.lead_columns)})
    for group in groups:
        yield f"without {group}", shares(whole, without(train, group), without(test, group))
    assert isinstance(whole, Blend)
    for i, member in enumerate(whole.members):
        yield f"only member {i + 1}, {member.name}", shares(member, train, test)
    adapted = fc.Forecaster("lightgbm", **settings, adapt="60D").fit(data.until(times[0]))
    yield "with adapt", adapted.forecasts(data, issue_ns)[0].power[:, 0] / data.site.capacity_kw
    if beside is not None:
        told = fc.Forecaster("lightgbm", **settings).fit(beside.until(times[0]))
        yield "with neighbours", told.forecasts(beside, issue_ns)[0].power[:, 0] / data.site.capacity_kw


def training(forecaster: fc.Forecaster, data: fc.SiteData) -> Design:
    """Return the matrices that a forecaster's models learn from."""
    held: list[Design] = []

    class Keeping(type(make("reference", data.site.kind, 1))):  # type: ignore[misc]
        def fit(self, design: Design, *, random_state: int = 0, n_jobs: int = 1) -> object:
            held.append(design)
            return super().fit(design, random_state=random_state, n_jobs=n_jobs)

    fc.Forecaster(**{**forecaster.get_params(deep=False), "model": Keeping()}).fit(data)
    return held[0]


def without(design: Design, group: str) -> Design:
    """Return the matrices without the features of a group."""
    common = [i for i, column in enumerate(design.common_columns) if column.group != group]
    lead = [i for i, column in enumerate(design.lead_columns) if column.group != group]
    return replace(
        design, common=design.common[:, common], lead=design.lead[..., lead],
        common_columns=tuple(design.common_columns[i] for i in common),
        lead_columns=tuple(design.lead_columns[i] for i in lead),
    )  # fmt: skip


def shares(model: Model, train: Design, test: Design) -> np.ndarray:
    """Return a fresh model's points (n,) as shares of capacity, dark at night."""
    point = copy_unfitted(model).fit(train, random_state=0, n_jobs=1).point(test)[:, 0]
    return np.where(test.up[:, 0], np.clip(point * test.scale, 0, 1), 0)


def change(part: pd.DataFrame, variant: str) -> tuple[float, float, float]:
    """Return the change of RMSE of a variant against the whole [%] and its 90 % interval: days drawn again."""
    sums = part.groupby("day")[[variant, WHOLE]].sum().to_numpy()
    drawn = sums[np.random.default_rng(0).integers(0, len(sums), size=(1000, len(sums)))].sum(axis=1)
    low, high = np.quantile(100 * (np.sqrt(drawn[:, 0] / drawn[:, 1]) - 1), [0.05, 0.95])
    return 100 * float(np.sqrt(part[variant].mean() / part[WHOLE].mean()) - 1), float(low), float(high)


def summary(part: pd.DataFrame) -> dict[str, float]:
    """Return each variant's change, to be printed on the way."""
    return {name: round(change(part, name)[0], 2) for name in variants(part)}


def variants(part: pd.DataFrame) -> list[str]:
    """Return the variants that a part's rows have."""
    known = part.drop(columns=[WHOLE, "day", "record", "lead"], errors="ignore").dropna(axis=1, how="all")
    return list(known.columns)


def pooled(rows: pd.DataFrame, variant: str, lead: int) -> tuple[int, float, float, float]:
    """Return in how many records a variant is, the mean change [%] and its 90 % interval: days of each drawn again."""
    logs = []
    for _, part in rows[rows["lead"] == lead].groupby("record", sort=False):
        if part[variant].isna().all():
            continue
        sums = part.groupby("day")[[variant, WHOLE]].sum().to_numpy()
        drawn = sums[np.random.default_rng(0).integers(0, len(sums), size=(1000, len(sums)))].sum(axis=1)
        logs.append(np.log(np.r_[part[variant].sum() / part[WHOLE].sum(), drawn[:, 0] / drawn[:, 1]]) / 2)
    mean = 100 * (np.exp(np.mean(logs, axis=0)) - 1)
    low, high = np.quantile(mean[1:], [0.05, 0.95])
    return len(logs), float(mean[0]), float(low), float(high)


def page(rows: pd.DataFrame) -> str:
    """Return the page in Markdown."""
    lines = ["# What each part brings", "", "Made by `python benchmarks/ablation.py --data DATA`.", ""]
    lines += (__doc__ or "").split("\n")[7:12]
    lines += ["", "Change of RMSE [%] against the whole, geometric mean of the records below that have the part;"]
    lines += ["90 % interval: days drawn again.", "", "| variant | records | lead 1 | lead 4 | lead 16 |"]
    lines += ["|---" * 5 + "|"]
    for variant in sorted(variants(rows), key=lambda name: (name.split()[0] != "without", name)):
        told = [pooled(rows, variant, lead) for lead in ultra_short.LEADS]
        cells = (f"{mean:+.2f} ({low:+.2f} … {high:+.2f})" for _, mean, low, high in told)
        lines.append(f"| {variant} | {told[0][0]} | {' | '.join(cells)} |")
    lines += ["", "## By record", "", "| record | lead | " + " | ".join(variants(rows)) + " |"]
    lines += ["|---" * (2 + len(variants(rows))) + "|"]
    for (name, lead), part in rows.groupby(["record", "lead"], sort=False):
        cells = (f"{change(part, v)[0]:+.1f}" if part[v].notna().any() else "–" for v in variants(rows))
        lines.append(f"| {name} | {lead} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
