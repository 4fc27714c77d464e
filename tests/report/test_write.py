from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import plants
import pytest
import results

import forecast as fc
from forecast.errors import InputTypeError, SettingsError
from forecast.evaluation import BacktestResult
from forecast.report import write
from forecast.report.texts import EN, LANGUAGES

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page strictly: every element that opens is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [str(value) for key, value in attrs if key == "id"]
        self.addresses += [str(value) for key, value in attrs if key in ("src", "href", "xlink:href", "srcset")]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """One page about two backtests."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    both = {"Wind": results.backtest(), "Sun": results.backtest("pv", site="roof", seed=4)}
    assert write(both, path, notes=["Credit: Ü & <Co>"]) == path
    return Page(path.read_text(encoding="utf-8"))


def grouped(n: float) -> str:
    """A count in groups of three; the page's narrow spaces are plain ones in `Page.text`."""
    return f"{int(n):,}".replace(",", " ")


def read(result: BacktestResult, folder: Path, **options: str) -> str:
    path = folder / "report.html"
    result.report(path, **options)
    return path.read_text(encoding="utf-8")


def test_the_page_is_whole_html_with_an_id_only_once(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) > 100
    assert len(set(page.ids)) == len(page.ids)


def test_the_page_asks_for_nothing_outside_itself(page: Page, tmp_path: Path) -> None:
    assert all(address.startswith("#") for address in page.addresses)
    assert {address[1:] for address in page.addresses} <= set(page.ids)
    text = read(results.backtest(), tmp_path)
    for word in ("http", "<script", "<link", "<img", "@import", "@font-face", "<iframe"):
        assert word not in text
    assert all(url.startswith("#") for url in re.findall(r"url\(([^)]*)\)", text))


def test_the_page_fits_a_phone_and_a_printer(tmp_path: Path) -> None:
    text = read(results.backtest(), tmp_path)
    assert 'name="viewport" content="width=device-width' in text
    assert "@media print" in text
    assert not re.search(r'<svg[^>]* width="', text)


def test_the_verdict_says_what_the_scores_say(page: Page) -> None:
    result = results.backtest()
    overall, by_lead = result.scores(by=[]).loc["gbm"], result.scores().loc["gbm"]
    wanted = (
        f"gbm forecasts with {100 * overall['skill']:.1f} % less error (RMSE) than reference over all leads, "
        f"{100 * by_lead.loc[1, 'skill']:.1f} % at 30min and {100 * by_lead.loc[4, 'skill']:.1f} % at 2h. Its 90 % "
        f"interval held the measured value in {100 * overall['coverage_90']:.1f} % of {grouped(overall['n'])} cases on"
    )
    assert wanted in page.text


def test_a_model_that_is_no_better_is_told_so(tmp_path: Path) -> None:
    result = results.backtest(models={"poor": 9.0, "reference": 5.0})
    loss = -100 * result.scores(by=[]).loc["poor", "skill"]
    text = Page(read(result, tmp_path)).text
    assert f"No model beats reference: the best, poor, has {loss:.1f} % more error" in text


def test_tables_show_every_models_scores_by_lead(page: Page) -> None:
    scores = results.backtest().scores()
    for model in ("gbm", "plain"):
        for lead, name in ((1, "30min"), (3, "90min")):
            row = scores.loc[(model, lead)]
            other = scores.loc[("reference", lead), "nrmse"]
            shares = [row["skill"], other, row["nrmse"], row["nmae"], row["coverage_90"]]
            cells = [f"{100 * share:.1f}".replace("-", "−") for share in shares]
            assert " ".join([name, *cells, grouped(row["n"])]) in page.text


def test_many_leads_are_thinned_but_not_the_first_and_last(tmp_path: Path) -> None:
    text = Page(read(results.backtest(days=4, leads=48), tmp_path)).text
    rows = text[text.index("gbm by lead") : text.index("plain by lead")]
    times = re.findall(r" (\d+(?:min|h|D)) ", rows)
    assert len(times) == 16
    assert (times[0], times[-1]) == ("30min", "1D")


def test_rows_left_out_are_counted_with_their_reason(tmp_path: Path) -> None:
    result = results.backtest()
    power = result.dataset["power"].copy()
    power[1, 0, 5:9] = np.nan
    result = BacktestResult(result.dataset.assign(power=power))
    text = Page(read(result, tmp_path)).text
    scored = result.scores(by=[]).loc["gbm"]
    missing = int((~result.dataset["valid"]).sum())
    said = text[text.index("rows left out") :]

    def number(after: str) -> int:
        found = re.search(re.escape(after) + r" ((?:\d{1,3} )*\d{1,3})\b", said)
        assert found is not None, after
        return int(found[1].replace(" ", ""))

    assert number("under 80 % of its step") == missing
    assert number("a model gave no forecast") == scored["excluded"] - missing > 0
    assert number(" scored") == scored["n"]
    assert number("lead × site)") == scored["n"] + scored["excluded"]


def test_of_pv_only_the_hours_with_the_sun_up_are_scored(page: Page) -> None:
    overall = results.backtest("pv", site="roof", seed=4).scores(by=[], where="daylight").loc["gbm"]
    cells = [f"{100 * overall[key]:.1f}" for key in ("skill", "nrmse", "nmae", "coverage_90")]
    assert f"gbm {' '.join(cells)}" in page.text
    assert "PV only while the sun is up" in page.text


def test_names_and_notes_are_text_and_never_markup(page: Page, tmp_path: Path) -> None:
    assert "Credit: Ü & <Co>" in page.text
    text = read(results.backtest(site="<b>hill</b>", models={'<i>"gbm$1$': 4.0, "reference": 6.0}), tmp_path)
    assert "<b>hill" not in text
    assert "<i>" not in text
    page = Page(text)
    assert page.open == []
    assert page.text.count('<i>"gbm$1$') > 5


def test_how_to_reproduce_it_is_the_command_given_or_what_the_backtest_knows(tmp_path: Path) -> None:
    assert "quarterhour backtest --site a.toml" in read(
        results.backtest(), tmp_path, reproduce="quarterhour backtest --site a.toml"
    )
    text = Page(read(results.backtest(), tmp_path)).text
    for part in ("fc.backtest(", "'2024-03-01 18:30:00+00:00'", "every='30min'", "horizon='2h'", "0.05, 0.1, 0.25"):
        assert part in text
    for name in ("quarterhour", "Python", "numpy", "lightgbm"):
        assert re.search(rf"{name} \d+\.\d+", text)


def test_a_backtest_without_quantiles_reference_or_scored_rows_still_makes_a_page(tmp_path: Path) -> None:
    text = Page(read(results.backtest(levels=()), tmp_path)).text
    assert "interval held" not in text
    assert "On the diagonal" not in text
    text = Page(read(results.backtest(models={"gbm": 4.0}), tmp_path)).text
    assert "gbm errs by" in text
    nothing = results.backtest()
    nothing = BacktestResult(nothing.dataset.assign(valid=nothing.dataset["valid"] & False))
    assert "Nothing can be said" in Page(read(nothing, tmp_path)).text


def test_a_real_backtest_of_one_issue_time_makes_a_page(tmp_path: Path) -> None:
    at = plants.START + pd.Timedelta("20D")
    result = fc.backtest({"last": plants.forecaster("persistence")}, plants.wind(), at, at, progress=False)
    assert "issue times 1, at 2024-03-21 01:00 CET" in Page(read(result, tmp_path)).text


def test_what_is_no_backtest_or_no_language_is_a_typed_error_and_leaves_the_old_page(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(InputTypeError, match="results holds dict"):
        write({"a": {}}, path)  # type: ignore[dict-item]
    with pytest.raises(SettingsError, match="results is empty"):
        write({}, path)
    with pytest.raises(SettingsError, match="lang='xx' is not offered; languages are en"):
        write(results.backtest(), path, lang="xx")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_all_languages_have_the_same_words() -> None:
    for words in LANGUAGES.values():
        assert words.keys() == EN.keys()
        for key, text in words.items():
            assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", EN[key]))


def test_the_chinese_page_has_no_english_words_but_names(tmp_path: Path) -> None:
    result = results.backtest("pv", days=8, leads=8)
    zoned = BacktestResult(result.dataset.assign_coords(timezone=("site", ["Asia/Shanghai"])))
    whole = re.sub(r"(?s)<style.*?</style>", "", read(zoned, tmp_path, lang="zh"))
    text = Page(whole).text
    allowed = {
        "gbm", "plain", "reference", "field", "kW", "MWh", "Asia", "Shanghai", "CST", "CRPS", "CSI", "PIT", "POD",
        "FAR",
        "GB", "NB", "T", "min", "h",
    }  # fmt: skip
    shown = set(re.findall(r"[A-Za-z]+", text[: text.index("如何复现")]))
    assert {word for word in shown if word not in allowed} == set()


def test_every_rule_and_part_has_a_chinese_name() -> None:
    from forecast.report.texts import PART_NAMES, RULE_NAMES

    table = fc.rules.list()
    assert set(RULE_NAMES["zh"]) == set(table.index.unique("key"))
    assert set(PART_NAMES["zh"]) == set(table.index.unique("part"))
    for unit in set(table["unit"]) - {""} | set(table["status"]):
        assert all(unit in words for words in LANGUAGES.values())


def test_rules_show_their_status_score_and_penalty(tmp_path: Path) -> None:
    result = results.backtest(days=8, leads=8)
    text = Page(read(result, tmp_path, rules=["ZJ"])).text
    row = result.rule("ZJ", by=[]).loc[("gbm", "field", "accuracy")]
    assert f"ZJ accuracy unverified {100 * row['score']:.1f} 80.0" in text
    assert "No rule applies" in Page(read(result, tmp_path, rules=[])).text
    usual = Page(read(result, tmp_path)).text
    assert "ENTSO-E nRMSE unverified" in usual and "NW-2023" not in usual


def test_the_page_shows_the_worst_days_ramps_and_why_rows_do_not_count(tmp_path: Path) -> None:
    text = Page(read(results.backtest(days=8), tmp_path)).text
    for words in ("Sharpness", "PIT", "hour of the valid time", "Worst day number 3 of gbm", "false alarms", "month"):
        assert words in text
