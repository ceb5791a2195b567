"""Money, bare numbers and spans of time are found as people and speech recognition write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.quantities import amount, duration, number, quantity


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$49.90", "49.90"),
        ("a charge of $1,250.50 yesterday", "1250.50"),
        ("forty-nine dollars and ninety cents", "49.90"),
        ("forty nine dollars ninety", "49.90"),
        ("ten thousand", "10000.00"),
        ("twelve hundred dollars", "1200.00"),
        ("two thousand three hundred and five dollars", "2305.00"),
        ("10k over five years", "10000.00"),
        ("$20k", "20000.00"),
        ("two and a half thousand", "2500.00"),
        ("two hundred thousand euros", "200000.00"),
        ("a thousand bucks", "1000.00"),
        ("350 dollars", "350.00"),
        ("5 dollars and 3 apples", "5.00"),
        ("350", None),
        ("five years", None),
        ("a thousand years", None),
        ("nothing", None),
        ("$0", None),
    ],
)
def test_amounts(text: str, found: str | None) -> None:
    """With a currency, cents or thousands it is money; a bare number is none."""
    assert amount(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("about 4200 I think", "4200"),
        ("four thousand two hundred", "4200"),
        ("60000 over 3 years", "60000"),
        ("between 3000 and 4000", None),
        ("five years", None),
    ],
)
def test_bare_numbers(text: str, found: str | None) -> None:
    """The only number, without the spans of time; of two neither."""
    assert number(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("five years", "60 months"),
        ("over 5 years please", "60 months"),
        ("a five-year loan", "60 months"),
        ("twenty five years", "300 months"),
        ("18 months", "18 months"),
        ("a year", "12 months"),
        ("a year and a half", "18 months"),
        ("two and a half years", "30 months"),
        ("half a year", "6 months"),
        ("ten thousand over four years", "48 months"),
        ("soon", None),
        ("0 years", None),
        ("500 years", None),
    ],
)
def test_spans_of_time(text: str, found: str | None) -> None:
    """In whole months, whatever they were counted in."""
    assert duration(text) == found


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """Nothing that is said breaks the search, and what is found has the form that was promised."""
    money, months = amount(text), duration(text)
    number(text)
    assert money is None or float(money) > 0
    assert months is None or months.endswith(" months")


@pytest.mark.parametrize(
    ("text", "count"),
    [("two kettles", "2"), ("a dozen", "12"), ("half a dozen eggs", "6"), ("a pair of headphones", "1"),
     ("3 of them", "3"), ("three dollars", None), ("for two years", None), ("$5", None), ("2000", None)],
)  # fmt: skip
def test_quantities_count_things(text: str, count: str | None) -> None:
    """Money, time and numbers that nobody orders are none."""
    assert quantity(text) == count
