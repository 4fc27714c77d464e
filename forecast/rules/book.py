"""The rules on record, read from `rules.toml` and checked once."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from forecast.errors import SettingsError
from forecast.rules.deviations import DEVIATIONS
from forecast.rules.measures import MEASURES
from forecast.rules.rule import KINDS, PERIODS, POINTS, Part, Penalty, Reporting, Rule, Slot
from forecast.suggest import suggestion

STATUSES = ("verified", "unverified")
_PENALTY = ("unit", "per_mw", "per_share", "per_mwh", "times_points")


def keys() -> list[str]:
    """Return the keys of all rules.

    >>> "NW-2023" in keys()
    True
    """
    return list(_book()[1])


def version() -> str:
    """Return the version of the rules' data."""
    return _book()[0]


def get(key: str) -> Rule:
    """Return a rule by its key, in any case and with any separators; `SettingsError` names the nearest.

    >>> get("nw 2023").status
    'unverified'
    """
    rules = {_plain(name): rule for name, rule in _book()[1].items()}
    found = rules.get(_plain(str(key)))
    if found is None:
        raise SettingsError(f"rule {key!r} is not on record{suggestion(str(key), keys())}")
    return found


def table() -> pd.DataFrame:
    """Return all rules, a row a part: index [key, part]; what is assessed, threshold, penalty, status and source."""
    rows = [_row(rule, name) for rule in _book()[1].values() for name in _part_names(rule)]
    out = pd.DataFrame(rows).set_index(["key", "part"])
    out["year"] = out["year"].astype("Int64")
    out.attrs["version"] = version()
    return out


def _plain(key: str) -> str:
    return "".join(letter for letter in key.lower() if letter.isalnum())


def _part_names(rule: Rule) -> list[str]:
    return list(dict.fromkeys(part.name for kind in rule.kinds for part in rule.parts[kind]))


def _row(rule: Rule, name: str) -> dict[str, Any]:
    by_kind = {kind: part for kind in rule.kinds for part in rule.parts[kind] if part.name == name}
    part = next(iter(by_kind.values()))
    return {
        "key": rule.key,
        "part": name,
        "status": rule.status,
        "region": rule.region,
        "document": rule.document,
        "clause": rule.clause,
        "year": rule.year,
        "kinds": ", ".join(by_kind),
        "points": POINTS[part.points],
        "formula": part.measure or part.deviation,
        "period": part.period,
        "threshold": _by_kind({kind: p.threshold for kind, p in by_kind.items()}),
        "dead_zone": _dead_zone(rule, part),
        "slots": "; ".join(f"{s.name} {_hours(s)}" for s in part.penalty.slots) if part.penalty else "",
        "exempt": ", ".join([*rule.exempt, *(["night"] if rule.night == "left out" else [])]),
        "penalty": _cost(part, by_kind),
        "unit": part.penalty.unit if part.penalty else "",
        "reporting": _reporting(rule),
        "source": rule.source,
        "notes": "; ".join(rule.notes),
    }


def _by_kind(values: dict[str, Any]) -> str:
    if len(set(values.values())) == 1:
        value = next(iter(values.values()))
        return "" if value is None else f"{value:g}"
    return ", ".join(f"{kind} {value:g}" for kind, value in values.items())


def _dead_zone(rule: Rule, part: Part) -> str:
    found = []
    if rule.both_below:
        found.append(f"both below {100 * rule.both_below:g} % of capacity")
    if part.least_share:
        found.append(f"measured below {100 * part.least_share:g} % of capacity")
    if part.least_kw:
        found.append(f"measured below {part.least_kw / 1000:g} MW")
    return "; ".join(found)


def _hours(slot: Slot) -> str:
    return ", ".join(f"{start:02g}-{end:02g} h" for start, end in slot.hours)


def _cost(part: Part, by_kind: dict[str, Part]) -> str:
    if part.penalty is None:
        return "none on record"
    factor = _by_kind({kind: p.penalty.over for kind, p in by_kind.items() if p.penalty})
    if part.deviation:
        return f"{factor} {part.penalty.unit} a {part.penalty.per_mwh:g} MWh" + _by_slot(part.penalty)
    share = f" and {100 * part.penalty.per_share:g} %" if part.penalty.per_share != 1 else " x shortfall"
    points = " x points" if part.penalty.times_points else ""
    return f"{factor} {part.penalty.unit} a {part.penalty.per_mw:g} MW{share}{points}" + _by_slot(part.penalty)


def _reporting(rule: Rule) -> str:
    terms = rule.reporting
    if terms is None:
        return ""
    costs = {"percent": terms.energy_share_per_percent, "run": terms.energy_share_per_run}
    told = [f"each {what} missing {100 * share:g} % of the month's energy" for what, share in costs.items() if share]
    cap = [f"at most {100 * terms.month_cap:g} %"] if told else []
    return ", ".join([f"{100 * terms.required:g} % of runs", *told, *cap])


def _by_slot(penalty: Penalty) -> str:
    return "".join(f"; {s.name}: under {s.under:g}, over {s.over:g}" for s in penalty.slots)


# ---------------------------------------------------------------------------------------------- reading


@cache
def _book() -> tuple[str, dict[str, Rule]]:
    text = files("forecast.rules").joinpath("rules.toml").read_text(encoding="utf-8")
    return read(text)


def read(text: str) -> tuple[str, dict[str, Rule]]:
    """Return the version and the rules of a TOML text; `SettingsError` says what in it is not known.

    `like` takes another entry and changes what is stated; `later_hours` moves its slots.
    """
    found = tomllib.loads(text)
    raw: dict[str, dict[str, Any]] = {}
    for entry in found["rule"]:
        raw[entry["key"]] = {**raw[entry["like"]], **entry} if "like" in entry else entry
    return str(found["version"]), {key: _rule(entry) for key, entry in raw.items()}


def _rule(entry: dict[str, Any]) -> Rule:
    plain = {name: value for name, value in entry.items() if name not in ("part", "like", "later_hours")}
    kinds = tuple(plain.pop("kinds", KINDS))
    later = entry.get("later_hours", 0)
    parts = {
        kind: tuple(_part(p, kind, later) for p in entry["part"] if kind in p.get("kinds", KINDS)) for kind in kinds
    }
    reporting = plain.pop("reporting", None)
    lists = {name: tuple(plain.pop(name, ())) for name in ("exempt", "notes")}
    _known(plain, Rule, entry["key"])
    if plain["status"] not in STATUSES:
        raise SettingsError(f"rule {entry['key']!r}: status is {plain['status']!r}; expected one of {STATUSES}")
    defaults = {"clause": "not on record", "year": None}
    return Rule(
        **(defaults | plain | lists), kinds=kinds, parts=parts, reporting=Reporting(**reporting) if reporting else None
    )


def _part(entry: dict[str, Any], kind: str, later: float) -> Part:
    plain = {name: _of(value, kind) for name, value in entry.items() if name not in ("kinds", "params", "penalty")}
    _known(plain, Part, entry["name"])
    plain.setdefault("judged", plain["period"])
    params = {name: float(_of(value, kind)) for name, value in entry.get("params", {}).items()}
    part = Part(**plain, params=params, penalty=_penalty(entry["penalty"], kind, later) if "penalty" in entry else None)
    if part.points not in POINTS or part.period not in PERIODS or part.judged not in PERIODS:
        raise SettingsError(f"part {part.name!r}: points, period or judged is not one of {[*POINTS]}, {PERIODS}")
    if (part.measure in MEASURES) == (part.deviation in DEVIATIONS):
        raise SettingsError(f"part {part.name!r}: needs a measure of {[*MEASURES]} or a deviation of {[*DEVIATIONS]}")
    return part


def _penalty(entry: dict[str, Any], kind: str, later: float) -> Penalty:
    def factors(some: dict[str, Any]) -> tuple[float, float]:
        same = _of(some.get("factor", 0.0), kind)
        return float(_of(some.get("under", same), kind)), float(_of(some.get("over", same), kind))

    slots = tuple(
        Slot(s["name"], tuple((start + later, end + later) for start, end in s["hours"]), *factors(s))
        for s in entry.get("slots", ())
    )
    under, over = factors(entry)
    return Penalty(under=under, over=over, slots=slots, **{name: entry[name] for name in _PENALTY if name in entry})


def _of(value: Any, kind: str) -> Any:
    return value[kind] if isinstance(value, dict) else value


def _known(plain: dict[str, Any], cls: Any, name: str) -> None:
    names = [f.name for f in fields(cls)]
    if unknown := sorted(set(plain) - set(names)):
        raise SettingsError(f"{name!r}: {unknown[0]!r} is not known{suggestion(unknown[0], names)}")
