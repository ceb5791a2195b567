"""From the lexicon's phonemes to the IPA symbols that the voice was trained on.

The lexicon writes American English with one capital for a diphthong (A I O W Y as in day, my, go, now, boy), ʤ and ʧ,
ᵊ for a schwa that may vanish and no length. The voice learned espeak's en-us IPA: long vowels carry ː, r-coloured
vowels are single symbols, a schwa that begins a word is ɐ. In both, ˈ and ˌ stand directly before the vowel.
"""

import re

VOWELS = frozenset("AIOWYaiuæɑɔəɛɜɪʊʌᵊᵻ")
"""Lexicon symbols that carry a syllable."""

_SINGLE = str.maketrans(
    {
        "A": "eɪ",
        "I": "aɪ",
        "O": "oʊ",
        "W": "aʊ",
        "Y": "ɔɪ",
        "ʤ": "dʒ",
        "ʧ": "tʃ",
        "ᵊ": "ə",
        "u": "uː",
        "ɑ": "ɑː",
        "ɔ": "ɔː",
        "a": "æ",
    }
)

_CONTEXTS = (
    (re.compile(r"ʔᵊ?n"), "ʔn̩"),
    (re.compile(r"ɜɹ(?=[ˈˌ]?[AIOWYaiuæɑɔəɛɜɪʊʌᵊᵻ])"), "ɜːɹ"),
    (re.compile(r"ɜɹ"), "ɜː"),
    (re.compile(r"^ə"), "ɐ"),
    (re.compile(r"(?<!^)[əᵊ]ɹ(?=[ˈˌ]?[AIOWYaiuæɑɔəɛɜɪʊʌᵊᵻ])"), "ɚɹ"),
    (re.compile(r"[əᵊ]ɹ"), "ɚ"),
    (re.compile(r"(?<=[ˈˌ])i"), "iː"),
    (re.compile(r"^([^ˈˌAIOWYaiuæɑɔəɛɜɪʊʌᵊᵻ]*)i$"), r"\1iː"),
)
"""Rewritten in this order, on the phonemes of one word, before single symbols. The last lengthens "he", "we", "be"."""


def to_voice_symbols(phonemes: str) -> str:
    """One word's lexicon phonemes in the voice's symbols: "bˈɛɾəɹ" → "bˈɛɾɚ", "kˈɑl" → "kˈɑːl"."""
    for pattern, replacement in _CONTEXTS:
        phonemes = pattern.sub(replacement, phonemes)
    return phonemes.translate(_SINGLE)
