"""Text becomes the symbols that the voice speaks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inference.registry import Registry
from agent.synthesis.front_end import FrontEnd
from agent.synthesis.written import speakable


@pytest.fixture(scope="module")
def known_symbols(registry: Registry) -> frozenset[str]:
    """Every symbol that the real voice has an id for."""
    configuration = registry.paths("voice_text")[-1]
    return frozenset(json.loads(configuration.read_text(encoding="utf-8"))["phoneme_id_map"])


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Better birds.", "bˈɛɾɚ bˈɜːdz."),
        ("a boy", "ɐ bˈɔɪ,"),
        ("The hour", "ðiː ˈaʊɚ,"),
        ("the house", "ðə hˈaʊs,"),
        ("we walked", "wiː wˈɔːkt,"),
        ("wanted boxes", "wˈɑːntᵻd bˈɑːksᵻz,"),
    ],
)
def test_symbols_are_those_of_the_voice(front_end: FrontEnd, text: str, symbols: str) -> None:
    """Long vowels, r-coloured vowels, diphthongs and endings are written as the voice learned them."""
    assert front_end.symbols(text) == symbols


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ("to record it", "the record", 1),
        ("I will read", "I have read", 2),
        ("they live here", "a live show", 1),
        ("close the door", "we are close", None),
        ("to use it", "the use", 1),
    ],
)
def test_words_of_two_sounds(front_end: FrontEnd, one: str, other: str, word: int | None) -> None:
    """A word that is written alike but spoken differently follows its neighbours."""
    first = front_end.symbols(one).rstrip(",").split()[word or 0]
    second = front_end.symbols(other).rstrip(",").split()[-1 if word is None else word]
    assert first.replace("ˈ", "") != second.replace("ˈ", "") or first.index("ˈ") != second.index("ˈ")


def test_letters_and_abbreviations_are_spelled(front_end: FrontEnd) -> None:
    """Capitals that are no word are spelled, and so are those that are one only by chance."""
    assert front_end.symbols("FAQ") == "ˌɛfˌeɪkjˈuː,"
    assert front_end.symbols("my ID") == "maɪ ˌaɪdˈiː,"
    assert front_end.symbols("PDFs").endswith("ˈɛfs,")


def test_a_shouted_sentence_is_not_spelled(front_end: FrontEnd) -> None:
    """When everything is in capitals, capitals mean nothing."""
    assert front_end.symbols("IT IS LATE") == front_end.symbols("it is late")


def test_parts_of_unknown_words_are_known(front_end: FrontEnd) -> None:
    """Endings, contractions and compounds are spoken by their parts."""
    assert front_end.symbols("O'Brien's") == front_end.symbols("O'Brien")[:-1] + "z,"
    assert front_end.symbols("earbuds").endswith("dz,")
    assert front_end.symbols("SmartCart") == front_end.symbols("smart")[:-1] + front_end.symbols("cart")


@pytest.mark.parametrize(
    ("word", "like"),
    [("rebooked", "ɹibˈʊkt"), ("emailed", "ˈiːmˌeɪld"), ("retweeting", "ɹitwˈiːɾɪŋ"), ("vouchers'", "vˈaʊtʃɚz")],
)
def test_endings(front_end: FrontEnd, word: str, like: str) -> None:
    """Spelling changes before an ending are undone, and t turns into a flap between vowels."""
    assert front_end.symbols(word) == f"{like},"


def test_last_words_are_strong(front_end: FrontEnd) -> None:
    """A small word that ends its clause is stressed; elsewhere it is not."""
    for last in ("Yes, I can.", "It is an"):
        assert "ˈ" in front_end.symbols(last).split()[-1]
    assert "ˈ" not in front_end.symbols("I can see.").split()[1]


def test_unknown_words_are_guessed_apart(front_end: FrontEnd) -> None:
    """Words that nobody has ever seen are guessed, each in its own way."""
    invented = ["blorptastic", "frobnicate", "zalandrix", "whiskerton", "qwrtz"]
    assert len({front_end.symbols(word) for word in invented}) == len(invented)


@given(text=st.text(max_size=180) | st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=180))
def test_any_text_gives_symbols_that_the_voice_has(
    front_end: FrontEnd, known_symbols: frozenset[str], text: str
) -> None:
    """No text fails, every symbol has an id, and the text is silent only where it is not speakable."""
    symbols = front_end.symbols(text)
    assert set(symbols) <= known_symbols
    assert (symbols != "") == speakable(text)
