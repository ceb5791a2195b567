"""Readings of the same sound are told apart by the names that they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception.vocabulary import names_more

VOCABULARY = "My order is A1042. I bought the desk lamp. Northway will deliver it."


@pytest.mark.parametrize(
    ("text", "other", "more"),
    [
        ("The desk lamp broke.", "The desk plan broke.", True),
        ("the LAMP!", "the lamb", True),
        ("It is B2077.", "It is B207 7.", True),
        ("It is B20777.", "It is B207 77.", False),
        ("The desk plan broke.", "The desk lamp broke.", False),
        ("The desk lamp.", "A desk, a lamp.", False),
        ("My dog ran.", "His cat ran.", False),
        ("", "The desk lamp.", False),
    ],
)
def test_a_name_counts_where_the_other_reading_lacks_it(text: str, other: str, more: bool) -> None:
    """Whole words in any case; numbers by their shape; little words never."""
    assert names_more(text, other, VOCABULARY) is more


@given(st.text(), st.text())
def test_no_words_name_more_than_themselves(text: str, vocabulary: str) -> None:
    """Whatever is said and expected, the same words say no more; and without a vocabulary nothing counts."""
    assert not names_more(text, text, vocabulary)
    assert not names_more(text, vocabulary, "")
