"""The words inside pictures in other languages: matplotlib draws them in English, the page's SVG is changed."""

from __future__ import annotations

import re

from forecast.errors import SettingsError

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DATE = re.compile(rf"(?:(?P<year>\d{{4}})-)?(?P<month>{'|'.join(MONTHS)})(?:-(?P<day>\d\d))?(?P<rest> [\d:]+)?")

#: English text of a label (a whole text; groups are names and numbers) → the same in Chinese
ZH: dict[str, str] = {
    r"Skill by lead": "各提前量的技巧评分",
    r"lead \[min\]": "提前量 [分钟]",
    r"lead \[h\]": "提前量 [小时]",
    r"less RMSE than (.+) \[%\]": r"均方根误差比 \1 低 [%]",
    r"Reliability": "可靠性",
    r"reliable": "完全可靠",
    r"by chance, (\d+) %": r"\1 % 随机范围",
    r"level of the quantile": "分位数水平",
    r"share measured at or below": "实测值不高于该分位数的比例",
    r"Sharpness": "锐度",
    r"mean width of the interval \[% of capacity\]": "区间平均宽度 [% 容量]",
    r"place in the forecast distribution": "在预测分布中的位置",
    r"how often, over how often it should": "实际频率与应有频率之比",
    r"calibrated": "校准良好",
    r"PIT": "概率积分变换（PIT）",
    r"power \[kW\]": "功率 [kW]",
    r"measured": "实测",
    r"forecast": "预测",
    r"issued": "发布时刻",
    r"(\S+) % interval": r"\1 % 区间",
    r"valid time \((.+)\)": r"预测对应时刻（\1）",
    r"hour of the valid time \((.+)\)": r"预测对应时刻的小时（\1）",
    r"each site's clock": "各场站当地时间",
    r"nmae \[% of capacity\]": "平均绝对误差 [% 容量]",
    r"nmae by hour and month, (.+)": r"\1 按小时和月份的平均绝对误差",
    r"forecast ramps that came \(1 − FAR\)": "预测的爬坡中实际发生的比例（1 − FAR）",
    r"ramps that were forecast \(POD\)": "实际爬坡中被预测到的比例（POD）",
    r"Ramps of (\S+) % in (\S+), (\S+) \(large\) to (\S+)": r"\2 内变化 \1 % 的爬坡，\3（大标记）至 \4",
}
LANGUAGES: dict[str, dict[str, str]] = {"en": {}, "zh": ZH}


def in_language(svg: str, lang: str) -> str:
    """Return an SVG element with its labels in a language; names and numbers stay.

    >>> in_language("<text x='1'>90 % interval</text>", "zh")
    "<text x='1'>90 % 区间</text>"
    """
    if lang not in LANGUAGES:
        raise SettingsError(f"lang={lang!r} has no labels for pictures; languages are {', '.join(LANGUAGES)}")
    words = LANGUAGES[lang]
    if not words:
        return svg
    known = [(re.compile(pattern), new) for pattern, new in words.items()]

    def text(found: re.Match[str]) -> str:
        return found[1] + _label(found[2], known) + found[3]

    return re.sub(r"(<text[^>]*>)([^<]*)(</text>)", text, svg)


def _label(label: str, known: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, new in known:
        if match := pattern.fullmatch(label):
            return match.expand(new)
    # what is left are numbers, names and dates: those name their month
    if date := DATE.fullmatch(label):
        year, month, day = date["year"], MONTHS.index(date["month"]) + 1, date["day"]
        return (f"{year}年" if year else "") + f"{month}月" + (f"{day}日" if day else "") + (date["rest"] or "")
    return label
