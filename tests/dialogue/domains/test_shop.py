"""The shop's own part: its seed, its transactions, who may see what, and how its facts are put into words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from agent.core.errors import StoreError
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.spoken import day, goods, listing, money, on_day, ordinal
from agent.dialogue.tools import ToolCall

TODAY = date(2026, 11, 18)


def call(name: str, customer: str = "dana", **arguments: str) -> ToolCall:
    return ToolCall(name=name, customer=customer, arguments=arguments)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.sqlite3"


def test_seed_is_planted_once(path: Path) -> None:
    """A second start, even on another day, finds the shop as it was left."""
    first = ShopTools(path, today=lambda: TODAY)
    assert first.run(call("open_return", order_id="A1017")).outcome == "opened"
    first.close()
    later = ShopTools(path, today=lambda: TODAY + timedelta(days=3))
    assert later.run(call("open_return", order_id="A1017")).outcome == "already"
    assert later.run(call("order_status", order_id="A1042")).outcome == "late"
    later.close()


def test_starting_twice_at_once_plants_one_seed(path: Path) -> None:
    """Engines that start together do not trip over each other's tables."""
    with ThreadPoolExecutor(4) as threads:
        shops = list(threads.map(lambda _: ShopTools(path, today=lambda: TODAY), range(4)))
    assert {shop.run(call("order_status", order_id="A1042")).outcome for shop in shops} == {"shipped"}
    for shop in shops:
        shop.close()


def test_the_same_write_at_once_happens_once(path: Path) -> None:
    """Two engines that open the same return at the same time open one; both get its number."""
    shops = [ShopTools(path, today=lambda: TODAY) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda shop: shop.run(call("open_return", order_id="A1017")), shops))
    assert sorted(result.outcome for result in results) == ["already", "already", "already", "opened"]
    assert {result.values["return_id"] for result in results} == {"R5004"}
    for shop in shops:
        shop.close()


def test_writes_check_again_what_was_checked_before(path: Path) -> None:
    """A write whose conditions do not hold, whoever asks for it, is refused like the question before it."""
    shop = ShopTools(path, today=lambda: TODAY)
    assert shop.run(call("open_return", order_id="A0871")).outcome == "too_late"
    assert shop.run(call("open_return", order_id="A0988")).outcome == "choose"
    assert shop.run(call("request_refund", order_id="A1042")).outcome == "not_delivered"
    assert shop.run(call("request_refund", order_id="B2051")).outcome == "not_found"
    assert shop.run(call("no_such_tool", order_id="A1042")).outcome == "failed"
    shop.close()


@pytest.mark.parametrize(
    ("customer", "arguments", "outcome"),
    [
        ("dana", {"order_id": "A1042"}, "shipped"),
        ("dana", {"order_id": "1042"}, "shipped"),
        ("dana", {"order_id": "B2077"}, "not_found"),
        ("dana", {"order_id": "' OR 1=1 --"}, "not_found"),
        ("dana", {}, "which_of_these"),
        ("guest", {}, "which_order"),
        ("guest", {"order_id": "A1042"}, "who_is_it"),
        ("guest", {"order_id": "Z9999"}, "who_is_it"),
        ("guest", {"order_id": "A1042", "surname": "It's Brown, please."}, "shipped"),
        ("guest", {"order_id": "A1042", "surname": "b r o w n"}, "shipped"),
        ("guest", {"order_id": "A1042", "surname": "Parker"}, "no_match"),
        ("guest", {"order_id": "A1042", "surname": ""}, "no_match"),
        ("guest", {"order_id": "A1042", "surname": "1 2 3 4 5 6 a a a a a a Brown"}, "no_match"),
        ("no such customer", {"order_id": "A1042", "surname": "%"}, "no_match"),
    ],
)
def test_only_the_owner_sees_an_order(customer: str, arguments: dict[str, str], outcome: str, path: Path) -> None:
    """An order is found by its owner, or by somebody who knows its number and surname."""
    shop = ShopTools(path, today=lambda: TODAY)
    assert shop.run(ToolCall(name="order_status", customer=customer, arguments=arguments)).outcome == outcome
    shop.close()


def test_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A path through a file is a `StoreError` that names the setting."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"reply\.database"):
        ShopTools(tmp_path / "file" / "shop.sqlite3")


def test_facts_are_put_into_words_that_can_be_spoken() -> None:
    """Dates, ordinals, money and goods, with their edge cases."""
    assert day(TODAY) == "Wednesday, November 18th"
    assert [on_day(TODAY + timedelta(days=days), TODAY) for days in (-1, 0, 1, 2)] == [
        "yesterday",
        "today",
        "tomorrow",
        "on Friday, November 20th",
    ]
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 31)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "31st",
    ]  # fmt: skip
    assert (money(1890), money(18900), money(5)) == ("$18.90", "$189", "$0.05")
    assert [goods("kettle", 1), goods("office chair", 1), goods("headphones", 1), goods("kettle", 3)] == [
        "a kettle",
        "an office chair",
        "headphones",
        "3 kettles",
    ]
    assert (listing(["a"], "or"), listing(["a", "b"], "or"), listing(["a", "b", "c"], "and")) == (
        "a", "a or b", "a, b and c",
    )  # fmt: skip
