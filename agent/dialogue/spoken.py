"""How the facts of a business are put into words that can be spoken: dates, money, goods."""

from collections.abc import Sequence
from datetime import date

_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day(when: date) -> str:
    """A date by itself: "Thursday, November 23rd"."""
    return f"{_DAYS[when.weekday()]}, {_MONTHS[when.month - 1]} {ordinal(when.day)}"


def on_day(when: date, today: date) -> str:
    """A date as part of a sentence: "tomorrow", "on Thursday, November 23rd"."""
    return _NEAR.get((when - today).days) or f"on {day(when)}"


def ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def money(cents: int) -> str:
    """ "$40", "$1,250.50", "minus $40"."""
    sign, whole, rest = "minus " if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return f"{sign}${whole:,}" if rest == 0 else f"{sign}${whole:,}.{rest:02}"


def goods(name: str, quantity: int) -> str:
    """ "a kettle", "an office chair", "headphones", "3 kettles"."""
    plural = name.endswith("s")
    if quantity > 1:
        return f"{quantity} {name if plural else name + 's'}"
    return name if plural else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def listing(parts: Sequence[str], joint: str) -> str:
    """Joins with commas, and `joint` ("and", "or") before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {joint} {parts[-1]}"
