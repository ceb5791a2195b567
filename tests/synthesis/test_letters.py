"""Unknown words are guessed from their letters."""

from hypothesis import given
from hypothesis import strategies as st

from agent.synthesis.letters import LetterRules
from agent.synthesis.phonemes import VOWELS

RULES = LetterRules.load()


def test_the_longest_context_wins() -> None:
    """A rule for a letter before a certain other one is stronger than the letter's own."""
    rules = LetterRules({"": "", "c": "k", "ce": "s", "e": "i", "a": "A"})
    assert rules.phonemes("ca") == "kˈA"
    assert rules.phonemes("ce") == "sˈi"


def test_regular_spellings() -> None:
    """Spellings that follow the rules of English are read by them."""
    assert RULES.phonemes("blake") == "blˈAk"
    assert RULES.phonemes("shipton") == "ʃˈɪptᵊn"
    assert RULES.phonemes("phantex") == "fˈæntɛks"


@given(st.text(max_size=40))
def test_a_guess_has_one_stress_where_it_has_a_vowel(word: str) -> None:
    """Any string is read; what has a vowel sound has exactly one primary stress, before a vowel."""
    phonemes = RULES.phonemes(word)
    assert phonemes.count("ˈ") == any(symbol in VOWELS for symbol in phonemes)
    assert all(phonemes[at + 1] in VOWELS for at, symbol in enumerate(phonemes) if symbol in "ˈˌ")
