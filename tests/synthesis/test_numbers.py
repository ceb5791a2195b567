"""Numbers are said as an American says them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.synthesis import numbers


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (1042, "one thousand forty two"),
        (1_000_000, "one million"),
        (-7, "minus seven"),
        (10**15, "one " + " ".join(["zero"] * 15)),
    ],
)
def test_cardinal(number: int, words: str) -> None:
    """Counts are grouped by thousands, and what is too large is read digit by digit."""
    assert numbers.cardinal(number) == words


@pytest.mark.parametrize(("number", "words"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (22, "twenty second")])
def test_ordinal(number: int, words: str) -> None:
    """Only the last word of a number turns into an ordinal."""
    assert numbers.ordinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (2026, "twenty twenty six"),
        (1905, "nineteen oh five"),
        (2005, "two thousand five"),
        (1900, "nineteen hundred"),
        (800, "eight hundred"),
    ],
)
def test_year(number: int, words: str) -> None:
    """Years are said in pairs of digits, except those around 2000."""
    assert numbers.year(number) == words


@pytest.mark.parametrize(
    ("symbol", "amount", "scale", "words"),
    [
        ("$", "49.99", "", "forty nine dollars and ninety nine cents"),
        ("$", "1", "", "one dollar"),
        ("£", "0.01", "", "one penny"),
        ("€", "1,200", "", "one thousand two hundred euros"),
        ("$", "2.5", "million", "two point five million dollars"),
        ("$", "0", "", "zero dollars"),
    ],
)
def test_money(symbol: str, amount: str, scale: str, words: str) -> None:
    """Money names its whole units and its parts, singular where there is one."""
    assert numbers.money(symbol, amount, scale) == words


def test_clock_time() -> None:
    """A full hour is o'clock unless the half of the day follows; minutes below ten get an oh."""
    assert numbers.clock_time(3, 0, half_of_day=False) == "three o'clock"
    assert numbers.clock_time(3, 0, half_of_day=True) == "three"
    assert numbers.clock_time(9, 5, half_of_day=True) == "nine oh five"


@given(st.integers(min_value=0, max_value=10**18))
def test_every_number_becomes_words(number: int) -> None:
    """Whatever the number, only lower-case words come out."""
    words = numbers.cardinal(number)
    assert words.replace(" ", "").isalpha() and words == words.lower()


@given(st.integers(min_value=0, max_value=999_999), st.integers(min_value=0, max_value=999_999))
def test_different_numbers_sound_different(one: int, other: int) -> None:
    """No two numbers share their words."""
    assert (numbers.cardinal(one) == numbers.cardinal(other)) == (one == other)
