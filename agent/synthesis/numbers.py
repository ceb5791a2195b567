"""Numbers as an American says them: counts, ordinals, digits, years, money, clock times and dates."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ("", " thousand", " million", " billion", " trillion")
_LARGEST = 10 ** (3 * len(_SCALES)) - 1

_IRREGULAR_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

MONTHS = ("January February March April May June July August September October November December").split()

_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
}


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens] + (f" {_ONES[ones]}" if ones else ""))
    elif rest:
        words.append(_ONES[rest])
    return " ".join(words)


def cardinal(number: int) -> str:
    """1042 → "one thousand forty two". Beyond 999 trillion the digits are read one by one."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number > _LARGEST:
        return digits(str(number))
    if number == 0:
        return _ONES[0]
    groups = []
    for scale in _SCALES:
        number, group = divmod(number, 1000)
        if group:
            groups.append(_below_thousand(group) + scale)
    return " ".join(reversed(groups))


def ordinal(number: int) -> str:
    """22 → "twenty second"."""
    *before, last = cardinal(number).split()
    if last in _IRREGULAR_ORDINALS:
        last = _IRREGULAR_ORDINALS[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last = f"{last}th"
    return " ".join([*before, last])


def digits(text: str) -> str:
    """ "1042" → "one zero four two"; other characters are left out."""
    return " ".join(_ONES[int(character)] for character in text if character in "0123456789")


def spelled_number(text: str) -> str:
    """A plain decimal number, thousands commas allowed: "1,034.5" → "one thousand thirty four point five"."""
    whole, _, fraction = text.replace(",", "").partition(".")
    words = cardinal(int(whole)) if whole else _ONES[0]
    return f"{words} point {digits(fraction)}" if fraction else words


def year(number: int) -> str:
    """2026 → "twenty twenty six", 1905 → "nineteen oh five", 2005 → "two thousand five"."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number <= 2009:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def money(symbol: str, amount: str, scale: str = "") -> str:
    """("$", "49.99") → "forty nine dollars and ninety nine cents"; ("€", "3", "million") → "three million euros"."""
    one, many, one_part, many_parts = _CURRENCIES[symbol]
    if scale:
        return f"{spelled_number(amount)} {scale} {many}"
    whole_text, _, part_text = amount.replace(",", "").partition(".")
    whole, part = int(whole_text or 0), int(part_text.ljust(2, "0")[:2] or 0)
    words = []
    if whole or not part:
        words.append(f"{cardinal(whole)} {one if whole == 1 else many}")
    if part:
        words.append(f"{cardinal(part)} {one_part if part == 1 else many_parts}")
    return " and ".join(words)


def clock_time(hour: int, minute: int, *, half_of_day: bool) -> str:
    """(3, 5) → "three oh five"; a full hour is "three o'clock" unless a.m. or p.m. follows (`half_of_day`)."""
    if minute:
        return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    if half_of_day:
        return cardinal(hour)
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"


def date(month: int, day: int, in_year: int | None = None) -> str:
    """(3, 3, 2026) → "March third, twenty twenty six"."""
    words = f"{MONTHS[month - 1]} {ordinal(day)}"
    return words if in_year is None else f"{words}, {year(in_year)}"
