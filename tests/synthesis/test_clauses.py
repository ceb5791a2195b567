"""Replies are cut where a speaker would pause."""

from hypothesis import given
from hypothesis import strategies as st

from agent.synthesis.clauses import LONGEST_CHARACTERS, clauses


def test_sentences_are_clauses() -> None:
    """Each sentence stands by itself, with the space before it."""
    assert list(clauses("Hello. How are you?")) == ["Hello.", " How are you?"]


def test_the_first_clause_is_short() -> None:
    """The first comma ends the first clause even after a single word; later commas need words on both sides."""
    text = "Sorry, I did not hear you. Well, please say it again, as loud as you can."
    assert list(clauses(text)) == [
        "Sorry,",
        " I did not hear you.",
        " Well, please say it again,",
        " as loud as you can.",
    ]


def test_figures_and_abbreviations_do_not_end_a_clause() -> None:
    """A full stop inside a figure or after an abbreviation is none."""
    text = "Dr. Lee paid $49.99 for No. 5 at 2:45 p.m. today."
    assert list(clauses(text)) == [text]


def test_a_short_answer_is_not_taken_for_number() -> None:
    """ "No." before a word ends a sentence."""
    assert list(clauses("No. That is gone.")) == ["No.", " That is gone."]


def test_a_long_sentence_is_cut_before_a_conjunction() -> None:
    """Without commas a long sentence is cut where a new thought begins."""
    text = "We have sent the replacement by express this morning and the driver is going to call you an hour ahead."
    assert list(clauses(f"Yes. {text}"))[1:] == [
        " We have sent the replacement by express this morning",
        " and the driver is going to call you an hour ahead.",
    ]


def test_what_has_no_pause_is_cut_at_the_limit() -> None:
    """A run of letters without any space is cut all the same."""
    assert [len(clause) for clause in clauses("x" * 400)] == [LONGEST_CHARACTERS, LONGEST_CHARACTERS, 40]


@given(st.text(max_size=800) | st.text(alphabet="ab,.;: \n-and", max_size=800))
def test_nothing_is_lost_and_nothing_is_long(text: str) -> None:
    """The clauses put together are the text, and none is empty or beyond the limit."""
    pieces = list(clauses(text))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= LONGEST_CHARACTERS for piece in pieces)
