"""The scores of a backtest on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import lead_text
from forecast.report.numbers import MISSING, count, hundredths
from forecast.report.tables import Scored

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table


def printed(result: BacktestResult, title: str) -> Table:
    """Return a rich table: a row a model and lead, then all leads together; PV is scored with the sun up."""
    from rich import box
    from rich.table import Table

    scored = Scored(result)
    level = scored.interval
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("model", no_wrap=True)
    names = ["lead", "n", "nMAE %", "nRMSE %"]
    if scored.reference is not None:
        names += [f"{scored.reference} nRMSE %", "skill %"]
    for name in [*names, *([f"in {level} % interval"] if level else [])]:
        table.add_column(name, justify="right")
    for model in scored.models:
        for lead in scored.leads:
            if (model, lead) in scored.by_lead.index:
                row, other = scored.by_lead.loc[(model, lead)], _of(scored, scored.by_lead, lead)
                table.add_row(model, *_cells(lead_text(result, lead), row, other, level))
        if model in scored.overall.index:
            row, other = scored.overall.loc[model], _of(scored, scored.overall, None)
            table.add_row(model, *_cells("all", row, other, level), style="bold", end_section=True)
    return table


def _of(scored: Scored, table: pd.DataFrame, lead: int | None) -> float | None:
    if scored.reference is None:
        return None
    key = scored.reference if lead is None else (scored.reference, lead)
    return float(table.loc[key, "nrmse"])


def _cells(lead: str, row: pd.Series, reference: float | None, level: str | None) -> list[str]:
    cells = [lead, count(row["n"]), hundredths(row["nmae"]), hundredths(row["nrmse"])]
    if reference is not None:
        cells += [hundredths(reference), hundredths(row["skill"])]
    if level:
        share = row.get(f"coverage_{level}")
        cells.append(MISSING if share is None else f"{hundredths(share)} %")
    return cells
