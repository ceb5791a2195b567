"""Words give cues by what they say, in English and Chinese, and other words give none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.fusion.cues import Cue, cues_in


@pytest.mark.parametrize(
    ("line", "cue"),
    [
        ("Hello, can you hear me?", Cue.GREETS),
        ("I don’t understand what you mean.", Cue.LOST),
        ("This is the third time I call about it, it's ridiculous!", Cue.COMPLAINS),
        ("I need it before Friday, how long will it take?", Cue.HURRIES),
        ("Hang on, let me find the receipt.", Cue.LOOKS_FOR),
        ("One moment, please.", Cue.PAUSES),
        ("Look at this scratch here.", Cue.SHOWS),
        ("Yes, that sounds good, go ahead.", Cue.AGREES),
        ("Okay, bye!", Cue.GOODBYE),
        ("Is that before tax?", Cue.ASKS),
        ("I ordered it last week and it arrived broken.", Cue.TELLS),
        ("我不明白你的意思", Cue.LOST),
        ("已经第三次了，我要投诉", Cue.COMPLAINS),
        ("等一下，我找找", Cue.LOOKS_FOR),
        ("可以再说一遍吗？", Cue.WANTS_REPEAT),
    ],
)
def test_a_line_gives_its_cue(line: str, cue: Cue) -> None:
    """Each cue is found in a line as customers say it, with marks and curly quotes."""
    assert cue in cues_in(line)


@pytest.mark.parametrize("line", ["", "...", "The grey one with wooden legs.", "Hyderabad", "shellout", "灰色的沙发"])
def test_other_words_give_none(line: str) -> None:
    """Neither silence nor plain facts, nor words that merely contain a phrase."""
    assert cues_in(line) == frozenset()


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever is said or typed, there is an answer, and it does not depend on capitals."""
    if text.upper().lower() == text.lower():
        assert cues_in(text) == cues_in(text.upper())
