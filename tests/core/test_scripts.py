import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.scripts import HAN, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is A1042?", ["Where", "is", "A1042?"]),
        ("我的订单，A1042", ["我的", "订单", "A1042"]),
        ("我姓Brown。", ["我姓", "Brown"]),
        ("  ", []),
        ("", []),
    ],
)
def test_words_of_either_script(text: str, words: list[str]) -> None:
    """Spaces part English words, and two characters stand for a Chinese one."""
    assert words_of(text) == words


@given(st.text())
def test_nothing_that_is_said_is_lost(text: str) -> None:
    """Every Chinese character is in one of the words, in its order."""
    assert HAN.findall("".join(words_of(text))) == HAN.findall(text)
