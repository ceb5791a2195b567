"""Reads numbers in Chinese: digits one by one, whole numbers with 十百千万, sums of money, spans of time."""

import re
from collections.abc import Iterator
from decimal import Decimal

from agent.core.number_words import CHINESE_SPOKEN
from agent.perception.quantities import LONGEST_MONTHS, MOST_MONEY, MOST_THINGS

_SMALL = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_LETTERS = "".join([*CHINESE_SPOKEN, *_SMALL, *_LARGE])
_NUMBER = re.compile(
    rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?[十百千万亿]*|[{_LETTERS}\d][{_LETTERS}\d点.]*(?<![点.])"
)
_PART = re.compile(r"\d[\d,]*(?:\.\d+)?|.")
_RUN = re.compile(rf"[\d{''.join(CHINESE_SPOKEN)}](?:[\s,，、.-]*[\d{''.join(CHINESE_SPOKEN)}])*")
_SPOKEN_RUN = re.compile(rf"[{''.join(CHINESE_SPOKEN)}]{{3,}}")
_LETTER = re.compile(r"(?<![A-Za-z])([A-Za-z])(?:字母|杠|横杠|[\s,，-])*(?=[\d零〇一二三四五六七八九幺两])")
_ORDER = re.compile(r"(?:订单|单|编)号?(?:码|是|为|[:：\s])*(?=[\d零〇一二三四五六七八九幺])")
_COUNTED = "元块钱美个件台双只条套年月天日号点岁周次%％分毛角"
"""Nouns and measures after which digits count something and are no number of an order or a customer."""
_CURRENCY = r"(?:块钱?|元钱?|圆|美元|美金|美刀|刀|dollars?)"
_CENTS = rf"零?([{_LETTERS}\d])(?:毛|角)?(?:([{_LETTERS}\d])分?)?(?![{_LETTERS}\d年月天个件])"
_AFTER = re.compile(rf"\s*{_CURRENCY}(?:{_CENTS})?")
_NO_NUMBERS = re.compile(
    r"一[下些直样起定般共切旦会边旁]|第[一二三四五六七八九十]+|[这那每某统唯万]一|千万(?=别|不|要)|百分之"
)
"""Words that only look as if they counted something."""
_THINGS = re.compile(r"\s*[个件台双只条套人次本把张瓶杯份款]")
_DOZEN = re.compile(r"([一两二三四五六七八九十])打(?!开|电|算|折|错)")
_UNITS_OF_TIME = re.compile(r"\s*(?:个月|个?星期|周|个?小时|分钟|年|月|天|日|号|点|岁|时|%|％)")
_SPAN = re.compile(
    r"(半年)|(\d+(?:\.\d+)?|[零一二三四五六七八九十百两]+)\s*"
    r"(?:(个半月|个月)|(年半)|年(?![\s\d]*[月底初])(?:零?([\d一二三四五六七八九十两]+)个月)?)"
)


def numbers(text: str) -> Iterator[tuple[Decimal, int, int]]:
    """Each number of `text` with where it begins and ends: 350, 三百五, 一万二, 3.5万, 十八, 六点九."""
    for match in _NUMBER.finditer(_NO_NUMBERS.sub(lambda idiom: " " * len(idiom[0]), text)):
        value = whole(match[0])
        if value is not None:
            yield value, match.start(), match.end()


def whole(said: str) -> Decimal | None:
    """The number that all of `said` is, or None. Digits one by one are the number that they write: 二〇二六."""
    if said and all(letter in CHINESE_SPOKEN for letter in said):
        return Decimal("".join(str(CHINESE_SPOKEN[letter]) for letter in said))
    if "点" in said:
        return _with_point(said)
    total, section, current, last, gap = Decimal(0), Decimal(0), None, 1, False
    for part in _PART.findall(said):
        if part in _SMALL:
            section += (Decimal(1) if current is None else current) * _SMALL[part]
            current, last, gap = None, _SMALL[part], False
        elif part in _LARGE:
            section += current or 0
            total = (total + section) * _LARGE[part] if part == "亿" else total + section * _LARGE[part]
            section, current, last, gap = Decimal(0), None, _LARGE[part], False
        elif part in ("零", "〇"):
            gap = True
        elif current is None and (value := _part(part)) is not None:
            current = value
        else:
            return None
    if current is not None:
        section += current * (last // 10 if last >= 100 and not gap and current < 10 else 1)
    return total + section


def _part(part: str) -> Decimal | None:
    if part[0].isdecimal() and part[0].isascii():
        return Decimal(part.replace(",", ""))
    return Decimal(CHINESE_SPOKEN[part]) if part in CHINESE_SPOKEN else None


def _with_point(said: str) -> Decimal | None:
    """ "六点九", "三点五万"."""
    before, _, after = said.partition("点")
    scale = Decimal(1)
    while after and after[-1] in _SMALL | _LARGE:
        scale *= (_SMALL | _LARGE)[after[-1]]
        after = after[:-1]
    number = whole(before)
    if number is None or not after or not all(letter in CHINESE_SPOKEN for letter in after):
        return None
    return (number + Decimal("0." + "".join(str(CHINESE_SPOKEN[letter]) for letter in after))) * scale


def figures_for_spoken(text: str) -> str:
    """The text with digits that are spoken one by one, three or more of them, in figures."""
    return _SPOKEN_RUN.sub(lambda run: _figures(run[0]), text)


def digits_of_length(text: str, length: int) -> str | None:
    """The first run of exactly `length` digits, in figures or spoken one by one: "4710023", "四七一 零零二三"."""
    for match in _RUN.finditer(text):
        run = _figures(match[0])
        if len(run) == length and text[match.end() : match.end() + 1] not in set(_COUNTED):
            return run
    return None


def order_number(text: str, lengths: range) -> str | None:
    """One capital letter and a number of digits in `lengths`: "A1042" for a一零四二, A杠幺零四二, A一千零四十二; digits
    without a letter only after 订单号 and the like, and then alone."""
    for match in _LETTER.finditer(text):
        number = _digits_at(text, match.end(), lengths)
        if number is not None:
            return match[1].upper() + number
    for match in _ORDER.finditer(text):
        number = _digits_at(text, match.end(), lengths)
        if number is not None:
            return number
    return None


def _digits_at(text: str, position: int, lengths: range) -> str | None:
    run = _RUN.match(text, position)
    cardinal = _NUMBER.match(text, position)
    if cardinal is not None and (run is None or cardinal.end() > run.end()):
        value = whole(cardinal[0])
        figures, end = f"{value:f}" if value is not None else "", cardinal.end()
    elif run is not None:
        figures, end = _figures(run[0]), run.end()
    else:
        return None
    counted = text[end : end + 1] in set(_COUNTED)
    return figures if figures.isdigit() and len(figures) in lengths and not counted else None


def _figures(run: str) -> str:
    return "".join(letter if letter.isdecimal() else str(CHINESE_SPOKEN.get(letter, "")) for letter in run)


def amount(text: str) -> str | None:
    """The first sum of money, with two decimals: "350.00" for 350块, 三百五十元 or $350, "49.90" for 四十九块九,
    "12000.00" for 一万二. A number without currency, decimals or 千 and 万 is none."""
    for value, start, end in numbers(text):
        after = _AFTER.match(text, end)
        signed = text[:start].rstrip()[-1:] in set("$¥￥€£")
        counts = (_UNITS_OF_TIME.match(text, end) or _THINGS.match(text, end)) is not None
        written = text[start:end]
        scaled = any(unit in written for unit in "千万亿") or "." in written or "," in written
        if after is not None:
            tenths, hundredths = (whole(part) if part else Decimal(0) for part in after.groups())
            value += (tenths or 0) / Decimal(10) + (hundredths or 0) / Decimal(100)
        if (after is not None or signed or (scaled and not counts)) and 0 < value <= MOST_MONEY:
            return f"{value:.2f}"
    return None


def number(text: str) -> str | None:
    """The only number in `text` that counts no time, e.g. "4200" for 大概4200; None with more than one."""
    found = [value for value, _, end in numbers(text) if _UNITS_OF_TIME.match(text, end) is None]
    return f"{found[0]:f}" if len(found) == 1 and found[0] <= MOST_MONEY else None


def quantity(text: str) -> str | None:
    """How many of something: the first whole number up to `MOST_THINGS` that counts neither money nor time, as in
    两个, 三双, 一打."""
    if (dozen := _DOZEN.search(text)) is not None:
        return f"{12 * (whole(dozen[1]) or 1):f}"
    for value, _, end in numbers(text):
        money = _AFTER.match(text, end) is not None or text[end : end + 1] == "点"
        if not money and _UNITS_OF_TIME.match(text, end) is None and value in range(1, MOST_THINGS + 1):
            return f"{value:f}"
    return None


def duration(text: str) -> str | None:
    """The first span of time in whole months, e.g. "60 months" for 五年, "18 months" for 一年半 or 18个月. None without
    one, or beyond a century."""
    for match in _SPAN.finditer(text):
        half_year, said, months_unit, year_and_half, more = match.groups()
        count = Decimal(0) if said is None else whole(said)
        if count is None:
            continue
        if half_year is not None:
            months = Decimal(6)
        elif months_unit is not None:
            months = count + (Decimal("0.5") if months_unit == "个半月" else 0)
        else:
            months = count * 12 + (6 if year_and_half else 0) + (whole(more) or 0 if more else 0)
        if months == months.to_integral_value() and 0 < months <= LONGEST_MONTHS:
            return f"{months:.0f} months"
    return None
