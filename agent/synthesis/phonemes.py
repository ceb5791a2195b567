"""From the lexicon's phonemes to the IPA symbols that the voice was trained on.

The lexicon writes American English with one capital for a diphthong (A I O W Y as in day, my, go, now, boy), ʤ and ʧ,
ᵊ for a schwa that may vanish and no length. The voice learned espeak's en-us IPA: long vowels carry ː, r-coloured
vowels are single symbols, a schwa that begins a word is ɐ. In both, ˈ and ˌ stand directly before the vowel.
"""

import re

VOWELS = frozenset("AIOWYiuæɑɔəɛɜɪʊʌᵊᵻ")
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
    }
)

_VOWEL = f"[{''.join(sorted(VOWELS))}]"
_BEFORE_VOWEL = f"(?=[ˈˌ]?{_VOWEL})"

_CONTEXTS = (
    (re.compile("ʔᵊ?n"), "ʔn̩"),
    (re.compile(f"ɜɹ{_BEFORE_VOWEL}"), "ɜːɹ"),
    (re.compile("ɜɹ"), "ɜː"),
    (re.compile("^ə"), "ɐ"),
    (re.compile(f"[əᵊ]ɹ{_BEFORE_VOWEL}"), "ɚɹ"),
    (re.compile("[əᵊ]ɹ"), "ɚ"),
    (re.compile("(?<=[ˈˌ])i"), "iː"),
    (re.compile(f"^((?:(?!{_VOWEL})[^ˈˌ])*)i$"), r"\1iː"),
)
"""Rewritten in this order, on the phonemes of one word, before single symbols. The last lengthens "he", "we", "be"."""


def to_voice_symbols(phonemes: str) -> str:
    """One word's lexicon phonemes in the voice's symbols: "bˈɛɾəɹ" → "bˈɛɾɚ", "kˈɑl" → "kˈɑːl"."""
    for pattern, replacement in _CONTEXTS:
        phonemes = pattern.sub(replacement, phonemes)
    return phonemes.translate(_SINGLE)
