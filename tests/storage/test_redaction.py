"""What is taken out of texts before they are written: measured on lines of our own, and what holds for any text."""

import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.storage.figures import plain
from agent.storage.redaction import redacted, redacted_values
from agent.storage.telling_numbers import MOST_DIGITS

FOLDER = Path(__file__).parent / "redaction"
TAKEN_OUT = re.compile(r"\[(?:card|iban|phone|mail|id|pin)\]|\*+")
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CHINESE_DIGITS = "零一二三四五六七八九"


def corpus(name: str) -> list[str]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def expected(line: str) -> str:
    """The line with a null in place of each part in braces."""
    return re.sub(r"\{.*?\}", "\0", line)


def test_recall_on_lines_that_hold_something(record_property: Callable[[str, object], None]) -> None:
    """Of all that is marked in the corpus, 99 % and more is taken out to the last sign, and nothing beside it."""
    lines = corpus("positive.txt")
    missed = [line for line in lines if TAKEN_OUT.sub("\0", redacted(re.sub("[{}]", "", line))) != expected(line)]
    recall = 1 - len(missed) / len(lines)
    record_property("recall", recall)
    assert len(lines) >= 150
    assert recall >= 0.99, missed


def test_precision_on_lines_that_hold_nothing(record_property: Callable[[str, object], None]) -> None:
    """Of lines with orders, sums, days, times and codes of goods, 99 % and more stay as they are."""
    lines = corpus("negative.txt")
    changed = [line for line in lines if redacted(line) != line]
    record_property("kept", 1 - len(changed) / len(lines))
    assert len(lines) >= 150
    assert len(changed) <= 0.01 * len(lines), changed


@given(st.text(max_size=300))
def test_no_text_grows_or_breaks(text: str) -> None:
    """Whatever is written, every sign keeps its place while it is read, and the outcome is no longer."""
    assert len(plain(text)) == len(text)
    assert len(redacted(text)) <= len(text)


@given(
    st.integers(0, 10**11 - 1),
    st.sampled_from(["", " ", "-", ", ", ". "]),
    st.sampled_from(["I pay with {}", "{} thanks", "我的号码是{}。", "{}"]),
    st.sampled_from(["figures", "words", "chinese"]),
)
def test_any_card_number_is_taken_out(number: int, between: str, line: str, said: str) -> None:
    """A card's number of Visa's form is found in whatever groups, words or digits it comes."""
    digits = with_check_digit(f"4242{number:011}")
    groups = [digits[begin : begin + 4] for begin in range(0, 16, 4)]
    if said == "words":
        groups = [" ".join(DIGIT_WORDS[int(digit)] for digit in group) for group in groups]
    elif said == "chinese":
        groups = ["".join(CHINESE_DIGITS[int(digit)] for digit in group) for group in groups]
    joint = between if said == "figures" else between or " "
    assert redacted(line.format(joint.join(groups))) == line.format("[card]")


def with_check_digit(digits: str) -> str:
    for check in "0123456789":
        both = [int(digit) for digit in reversed(digits + check)]
        if sum(both[0::2] + [sum(divmod(2 * digit, 10)) for digit in both[1::2]]) % 10 == 0:
            return digits + check
    raise AssertionError


@given(st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,8})?@[a-z]{2,10}\.(com|ch|org)", fullmatch=True))
def test_any_written_address_is_taken_out(address: str) -> None:
    """An e-mail address is found wherever it stands."""
    assert redacted(f"({address}), please") == "([mail]), please"


def test_field_or_label_tells_what_a_number_is() -> None:
    """The same digits are an order's in one field and a telephone's in another; what programs look up stays."""
    message = {
        "type": "utterance",
        "id": "4155550123",
        "slots": {"order_id": "4155550123", "phone": "5550123"},
        "rows": [{"label": "Order", "value": "4155550123"}, {"label": "Phone", "value": "415 555 0123"}],
        "turn": 4155550123,
    }
    assert redacted_values(message) == {
        "type": "utterance",
        "id": "4155550123",
        "slots": {"order_id": "4155550123", "phone": "[phone]"},
        "rows": [{"label": "Order", "value": "4155550123"}, {"label": "Phone", "value": "[phone]"}],
        "turn": 4155550123,
    }


def test_long_rows_of_digits_go_whole() -> None:
    """More digits in a row than any number has are taken out without being read closely."""
    assert redacted("it is " + "1 " * 60 + "yes") == "it is [id] yes"


def test_of_very_many_numbers_the_later_ones_go_unread() -> None:
    """A line with more digits than anybody says loses the rest of its long numbers, an order's too."""
    number, many = "order 4155550123", MOST_DIGITS // 10
    assert redacted(" for 2, ".join([number] * many)) == " for 2, ".join([number] * many)
    assert redacted(f"{f'{number} and ' * many}order 5155550123 for 2") == f"{f'{number} and ' * many}order [id] for 2"


def test_a_pseudonym_is_no_number_whatever_figures_stand_in_it() -> None:
    """By chance they may make an account's or a telephone's number; a customer is to be found by it again."""
    pseudonym = "e4f73de106" + "de45eb2ccf814928c79a2d"
    assert redacted(f"mine is {pseudonym}") != f"mine is {pseudonym}", "this one has an IBAN in it"
    assert redacted_values({"customer": pseudonym}) == {"customer": pseudonym}
    assert "[" in redacted_values({"words": "4242424242424242"})["words"], "figures alone are none"
