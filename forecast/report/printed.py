"""The scores of a backtest on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.evaluation.result import BacktestResult
from forecast.plot.shown import lead_text
from forecast.report.numbers import count, hundredths, percent
from forecast.report.tables import Row, Scored

if TYPE_CHECKING:
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
            if (model, lead) in scored.by_lead:
                other = scored.by_lead[scored.reference, lead] if scored.reference else None
                table.add_row(model, *_cells(lead_text(result, lead), scored.by_lead[model, lead], other, level))
        if model in scored.overall:
            other = scored.overall[scored.reference] if scored.reference else None
            table.add_row(model, *_cells("all", scored.overall[model], other, level), style="bold", end_section=True)
    return table


def _cells(lead: str, row: Row, reference: Row | None, level: str | None) -> list[str]:
    cells = [lead, count(row["n"]), hundredths(row["nmae"]), hundredths(row["nrmse"])]
    if reference is not None:
        cells += [hundredths(reference["nrmse"]), hundredths(row["skill"])]
    return [*cells, *([percent(row[f"coverage_{level}"])] if level else [])]
