"""All that is named to buy is found, and how many of each."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.goods import goods

SOLD = {
    "tent": ("tent",),
    "sleeping bag": ("sleeping bag",),
    "kettle": ("kettle",),
    "travel kettle": ("travel kettle",),
}


def naming(said: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(said)}s?\b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a tent and two sleeping bags", "1 x tent; 2 x sleeping bag"),
        ("Two tents, please!", "2 x tent"),
        ("twenty-five of the kettles", "25 x kettle"),
        ("3 kettles and another kettle", "4 x kettle"),
        ("the travel kettle", "1 x travel kettle"),
        ("a travel kettle and one kettle", "1 x travel kettle; 1 x kettle"),
        ("two new tents", "2 x tent"),
        ("order 1042, the tent", "1 x tent"),
        ("order A1042 tent", "1 x tent"),
        ("nothing for me", None),
        ("", None),
    ],
)
def test_each_thing_with_its_number(text: str, found: str | None) -> None:
    """The number right before a thing is its own; what is no count is none."""
    assert goods(text, SOLD, naming) == found


@given(st.text(alphabet="tenkl 0123456789abgsip,.-", max_size=80))
def test_counts_are_counts(text: str) -> None:
    """Whatever is said, each value is there once with a number from 1 to 99."""
    found = goods(text, SOLD, naming)
    parts = [] if found is None else [part.split(" x ") for part in found.split("; ")]
    assert all(1 <= int(count) <= 99 and value in SOLD for count, value in parts)
    assert len({value for _, value in parts}) == len(parts)
