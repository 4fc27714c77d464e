"""`quarterhour inspect`: what a saved forecaster says of itself; nothing of it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def inspect(
    model: Annotated[Path, typer.Argument(help="The forecaster that `fit` saved.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole manifest, as JSON.")] = False,
    features: Annotated[bool, typer.Option("--features", help="List every feature, in order, with its unit.")] = False,
) -> None:
    """Print what is in a saved forecaster: format, versions, sites, settings, features, training and its scores."""
    from forecast.bundle import manifest_of

    manifest = manifest_of(model)
    if as_json:
        print(json.dumps(manifest, indent=1, sort_keys=True))
        return
    for line in _lines(manifest, features):
        print(line)


def _lines(manifest: dict[str, Any], features: bool) -> list[str]:
    parts = manifest["parts"]
    trained, scores = _dict(manifest, "trained_on"), _dict(_dict(manifest, "trained_on"), "scores")
    versions = ", ".join(f"{name} {number}" for name, number in _dict(manifest, "libraries").items())
    settings = {name: value for name, value in _dict(manifest, "settings").items() if value is not None}
    unpacked = sum(facts["bytes"] for facts in parts.values())
    lines = [
        f"format      {manifest['format']}, {len(parts)} parts, {unpacked} bytes unpacked",
        f"saved by    quarterhour {manifest.get('quarterhour')}, {versions}",
        f"model       {_dict(manifest, 'model').get('name')}",
        *(_site_line(site) for site in _listed(manifest, "sites")),
        f"settings    {', '.join(f'{name}={value}' for name, value in settings.items())}",
        f"trained on  {trained.get('rows')} issue times, {trained.get('first_issue_time')} to "
        f"{trained.get('last_issue_time')}",
        *_score_lines(scores),
        f"features    {len(_listed(manifest, 'common_columns'))} that all leads share, "
        f"{len(_listed(manifest, 'lead_columns'))} of each lead",
    ]
    own = ", ".join(_dict(manifest, "own_features"))
    lines += [f"own         {own}"] if own else []
    listed = _listed(manifest, "common_columns") + _listed(manifest, "lead_columns") if features else []
    return lines + [f"  {c.get('name')} [{c.get('unit')}]" for c in listed if isinstance(c, dict)]


def _site_line(site: Any) -> str:
    spec = _dict(site, "spec") if isinstance(site, dict) else {}
    inputs = [*(["observed"] if spec.get("observed") else []), *_dict(spec, "weather"), *_dict(spec, "runs")]
    name = site.get("name") if isinstance(site, dict) else site
    return f"site        {name} ({spec.get('kind')}), inputs: {', '.join(['power', *inputs])}"


def _score_lines(scores: dict[str, Any]) -> list[str]:
    """A few leads of what honest forecasts of training rows scored, in % of the capacity."""
    leads, rmse, mae = (_listed(scores, name) for name in ("lead", "rmse", "mae"))
    skill = _listed(scores, "skill")
    if not leads or not len(leads) == len(rmse) == len(mae) == len(skill):
        return []
    shown = sorted({0, len(leads) // 4, len(leads) // 2, len(leads) - 1})
    lines = [f"scores      {scores.get('rows')} honest forecasts of training rows, % of the capacity in service"]
    for i in shown:
        numbers = (100 * float(rmse[i]), 100 * float(mae[i]), 100 * float(skill[i]))
        lines.append(f"  lead {leads[i]}: RMSE {numbers[0]:.2f}, MAE {numbers[1]:.2f}, skill {numbers[2]:.1f} %")
    return lines


def _dict(values: Any, name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _listed(values: dict[str, Any], name: str) -> list[Any]:
    found = values.get(name)
    return found if isinstance(found, list) else []
