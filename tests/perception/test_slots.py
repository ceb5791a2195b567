"""Order numbers and products are found in text as people and speech recognition write it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.understanding import SlotPattern
from agent.perception.slots import find_slots, named, order_number

GOODS = {word: (word,) for word in ("lamp", "desk lamp", "watch", "coffee machine", "mug", "t-shirt")}
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.mark.parametrize(
    "text",
    [
        "A1042",
        "a-1042.",
        "It's A 10 42, I think",
        "A, 1, 0, 4, 2.",
        "where is order a one zero four two",
        "my number is a one oh four two",
        "a ten forty-two",
        "a one thousand and forty two",
        "A as in apple, one oh four two",
        "A for alpha 1042",
        "hey one oh four two",
        "a one zero for two",
        "send A1042 to 5 Main Street",
        "order a 1 0 4 2 from 2024",
    ],
)
def test_every_spelling_is_the_same_order(text: str) -> None:
    """Written, spoken digit by digit, in pairs or as a number, misheard: it is A1042."""
    assert order_number(text) == "A1042"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bee two thousand seventy seven", "B2077"),
        ("b twenty seventy seven", "B2077"),
        ("see three one one five", "C3115"),
        ("a double zero four two", "A0042"),
        ("A0871, and B2077", "A0871"),
        ("order number 1042", "1042"),
    ],
)
def test_other_orders(text: str, found: str) -> None:
    """Letters are heard by their names, the first number counts, and after "order" digits alone will do."""
    assert order_number(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is my order",
        "I paid a 1000 dollars",
        "a twenty four pack",
        "since 2019",
        "one two three four five",
        "A1",
    ],
)
def test_other_numbers_are_no_orders(text: str) -> None:
    """Amounts, years, counts and fragments are not taken for an order number."""
    assert order_number(text) is None


@given(st.sampled_from("ABCDEFGHIJKLMNPQRSTUVWXYZ"), st.lists(st.integers(0, 9), min_size=4, max_size=8))
def test_spoken_digits_come_back(letter: str, digits: list[int]) -> None:
    """Any order number that is spelled out digit by digit is read as it was meant, and so is the written one."""
    wanted = letter + "".join(map(str, digits))
    assert order_number(f"{letter} {' '.join(DIGIT_WORDS[digit] for digit in digits)}") == wanted
    assert order_number(f"it is {wanted}, please") == wanted


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """No text makes the search fail, and what it finds looks like an order number."""
    found = order_number(text)
    assert found is None or (4 <= len(found.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) <= 8 and found[-4:].isdigit())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'd like to return the desk lamps", "desk lamp"),
        ("the lamp is broken", "lamp"),
        ("two watches", "watch"),
        ("my coffee-machine and a mug", "coffee machine"),
        ("T SHIRT", "t-shirt"),
        ("the keys", None),
    ],
)
def test_products(text: str, found: str | None) -> None:
    """Products are found in singular and plural, the longest name at the first place."""
    assert named(text, GOODS) == found


def test_a_value_said_in_several_ways() -> None:
    """Whichever way it is said in, the value is the same; where two begin together, the longer one is meant."""
    kinds = {"savings": ("savings", "nest egg"), "credit": ("credit card",), "score": ("credit",)}
    assert named("my nest eggs", kinds) == "savings"
    assert named("the credit card", kinds) == "credit" and named("my credit", kinds) == "score"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("I have chest pain", "chest"),
        ("no chest pain", None),
        ("I don't have any chest pain or trouble breathing", None),
        ("No, I have chest pain.", "chest"),
        ("no I have chest pain", "chest"),
        ("I'm not sure if it's chest pain", "chest"),
        ("no chest pain but I can't breathe", "breath"),
        ("he is not breathing", "breath"),
        ("no chest pain, he’s not breathing", "breath"),
        ("not chest pain. Chest pain came later", "chest"),
    ],
)
def test_what_is_denied_is_not_named(said: str, found: str | None) -> None:
    """A "no" takes back what follows it in the clause, not words that are a "no" themselves, and nothing in doubt."""
    words = {"chest": ("chest pain",), "breath": ("can't breathe", "not breathing", "trouble breathing")}
    assert named(said, words, affirmed=True) == found


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("我想退订单a一零四二里的水壶", {"order": "A1042", "product": "kettle"}),
        ("昨天那笔三百五十块的付款", {"amount": "350.00", "day": "2026-11-17"}),
        ("邮箱是li点na圈a163点com，电话13812345678", {"mail": "li.na@163.com", "phone": "+8613812345678"}),
        ("A1042", {"order": "A1042"}),
    ],
)
def test_slots_in_chinese(text: str, slots: dict[str, str]) -> None:
    """The same patterns and the same values as in English, with the ways of saying them in either language."""
    patterns = {
        "order": SlotPattern(kind="order_number"),
        "product": SlotPattern(kind="words", words={"kettle": ("kettle", "水壶")}),
        "amount": SlotPattern(kind="amount"),
        "day": SlotPattern(kind="past_day"),
        "mail": SlotPattern(kind="email"),
        "phone": SlotPattern(kind="telephone"),
    }
    assert find_slots(text, patterns, date(2026, 11, 18)) == slots


def test_denied_in_chinese() -> None:
    """What somebody has not got is not named by them, up to the end of the clause."""
    words = {"fever": ("发烧",), "cough": ("咳嗽",)}
    assert named("我没有发烧，只是咳嗽", words, affirmed=True) == "cough"
    assert named("没发烧", words, affirmed=True) is None
    assert named("我发烧了", words, affirmed=True) == "fever"


def test_words_may_have_others_between_them() -> None:
    """An ellipsis stands for a few words of the same clause, and the rest of the words still have to be there."""
    words = {"meningitis": ("fever ... stiff neck",), "chest": ("pain ... chest",)}
    assert named("she has a high fever and a very stiff neck", words) == "meningitis"
    assert named("the pain is in my chest", words) == "chest"
    assert named("I have a fever. The chair is stiff, my neck is fine", words) is None
    assert named("painting a chest of drawers", words) is None
