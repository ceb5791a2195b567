"""Written forms become the words that are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.synthesis.tokens import Kind, fold
from agent.synthesis.written import speakable, spoken


def said(text: str) -> str:
    """The tokens as one line, letters said by name in angle brackets."""
    return " ".join(f"<{token.text}>" if token.kind is Kind.LETTER else token.text for token in spoken(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order A1042", "order <A> one zero four two"),
        ("order number 10442", "order number one zero four four two"),
        ("order #77", "order number seven seven"),
        ("tracking 774491", "tracking seven seven four , four nine one"),
        ("code SUMMER20", "code summer twenty"),
        ("call 555-0142", "call five five five , zero one four two"),
        ("+1 (555) 010-2234", "plus one , five five five , zero one zero , two two three four"),
        ("jane.doe42@gmail.com", "jane dot doe four two at gmail dot com"),
        ("www.example.com/help", "<W> <W> <W> dot example dot com slash help"),
        ("https://shop.example.co.uk/", "shop dot example dot co dot <U> <K>"),
        ("v2.0.1", "version two point zero point one"),
    ],
)
def test_codes_are_read_sign_by_sign(text: str, words: str) -> None:
    """What names a thing is read so that it can be written down."""
    assert said(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$49.99", "forty nine dollars and ninety nine cents"),
        ("-$5", "minus five dollars"),
        ("$3 million", "three million dollars"),
        ("49.99 USD", "forty nine dollars and ninety nine cents"),
        ("1,250 items", "one thousand two hundred fifty items"),
        ("15%", "fifteen percent"),
        ("2.5kg", "two point five kilograms"),
        ("1 kg", "one kilogram"),
        ("1 ft", "one foot"),
        ("3-5 business days", "three to five business days"),
        ("1/2 price", "one half price"),
        ("24/7", "twenty four seven"),
        ("the 22nd", "the twenty second"),
        ("-5°C", "minus five degrees Celsius"),
        ("10 in stock", "ten in stock"),
    ],
)
def test_quantities(text: str, words: str) -> None:
    """Counts, money and measures are said with their units."""
    assert said(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("March 3rd, 2026", "March third , twenty twenty six"),
        ("Dec. 15", "December fifteenth"),
        ("2026-12-01", "December first , twenty twenty six"),
        ("11/05/2026", "November fifth , twenty twenty six"),
        ("25/12/26", "December twenty fifth , twenty twenty six"),
        ("2:45 PM", "two forty five <P> <M>"),
        ("9 a.m. sharp", "nine <A> <M> sharp"),
        ("at 15:30", "at three thirty <P> <M>"),
        ("in 2019", "in twenty nineteen"),
    ],
)
def test_dates_and_times(text: str, words: str) -> None:
    """Dates are read month first and times in twelve hours."""
    assert said(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dr. Smith vs. Mr. Jones", "doctor Smith versus mister Jones"),
        ("No. 5", "number five"),
        ("No. That is wrong.", "No . That is wrong ."),
        ("St. James", "saint James"),
        ("Maple St., Springfield", "Maple street , Springfield"),
        ("e.g. shoes", "for example , shoes"),
        ("the U.S. and/or Canada", "the <U> <S> and or Canada"),
        ("until 5 p.m.", "until five <P> <M> ."),
        ("café naïve", "cafe naive"),
        ("Wait... what?!", "Wait . what ?"),
        ("fish & chips", "fish and chips"),
    ],
)
def test_words_and_marks(text: str, words: str) -> None:
    """Abbreviations are spelled out, accents dropped, and runs of marks count once."""
    assert said(text) == words


@pytest.mark.parametrize("text", ["", "…", "😀👍🏽", "你好", "\x00\x1b[31", " - ", "¿!"])
def test_nothing_to_say(text: str) -> None:
    """Pictures, other scripts and control characters alone leave nothing but, at most, digits."""
    assert not speakable(text.replace("31", ""))
    assert all(token.kind is Kind.MARK for token in spoken(text.replace("31", "")))


@given(st.text(max_size=120))
def test_any_text_becomes_plain_tokens(text: str) -> None:
    """Whatever comes in, words are ASCII letters, and marks neither lead nor follow each other."""
    tokens = spoken(text)
    before = Kind.MARK
    for token in tokens:
        if token.kind is Kind.MARK:
            assert token.text in ",;:.?!" and before is not Kind.MARK
        else:
            assert token.text.replace("'", "").isalpha() and token.text.isascii()
        before = token.kind
    assert speakable(text) == any(token.kind is not Kind.MARK for token in tokens)


@given(st.text(alphabet="0123456789.,-/:$%#@ aApPmM+()", max_size=60))
def test_any_jumble_of_figures_is_said(text: str) -> None:
    """No arrangement of digits and signs fails, and none with a digit is silent."""
    assert speakable(text) == any(token.kind is not Kind.MARK for token in spoken(text))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    """Folded text is already plain."""
    assert fold(fold(text)) == fold(text)
