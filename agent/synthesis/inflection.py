"""Pronunciations of words that the lexicon lacks but whose parts it has: endings, possessives, prefixes, compounds."""

from collections.abc import Callable

from agent.synthesis.phonemes import VOWELS

Find = Callable[[str], str | None]
"""The phonemes of one word of the lexicon, or None."""

_SIBILANTS = frozenset("szʃʒʧʤ")
_VOICELESS = frozenset("ptkfθ")
_CONTRACTIONS = {"n't": "ᵊnt", "'ll": "əl", "'ve": "əv", "'re": "əɹ", "'d": "əd", "'m": "əm"}
_PREFIXES = {
    "un": "ʌn", "re": "ɹi", "non": "nɑn", "pre": "pɹi", "mis": "mɪs", "over": "ˌOvəɹ", "under": "ˌʌndəɹ", "out": "ˌWt",
    "anti": "ˌæntI", "multi": "mˌʌlti", "super": "sˌupəɹ", "micro": "mˌIkɹO", "auto": "ˌɔɾO", "co": "kO",
}  # fmt: skip
_SUFFIXES = {
    "ed": "d", "ly": "li", "ness": "nəs", "less": "ləs", "ful": "fəl", "able": "əbᵊl", "ment": "mᵊnt", "er": "əɹ",
    "est": "ᵻst", "ers": "əɹz", "ing": "ɪŋ",
}  # fmt: skip


def with_s(phonemes: str) -> str:
    """The plural, third person or possessive: roses, cats, dogs."""
    last = phonemes[-1]
    if last in _SIBILANTS:
        return f"{phonemes}ᵻz"
    return f"{phonemes}s" if last in _VOICELESS else f"{phonemes}z"


def with_ed(phonemes: str) -> str:
    """The past: wanted, stopped, called."""
    last = phonemes[-1]
    if last == "t":
        return f"{_flapped(phonemes, 'ᵻd')}ᵻd"
    if last == "d":
        return f"{phonemes}ᵻd"
    return f"{phonemes}t" if last in _VOICELESS or last in "sʃʧ" else f"{phonemes}d"


def _flapped(phonemes: str, ending: str) -> str:
    """American t between vowels becomes a flap, as in "waiting"."""
    between = ending[0] in VOWELS and phonemes[-1] == "t" and phonemes[-2:-1] in VOWELS | {"ɹ"}
    return f"{phonemes[:-1]}ɾ" if between else phonemes


def _stems(word: str, ending: str) -> list[str]:
    """Spellings that may stand before an ending: hop(p)-ed, hope-d, carri-ed → carry."""
    stem = word[: -len(ending)]
    silent_e = len(stem) > 2 and stem[-1] not in "aeiouwy" and stem[-2] in "aeiou"
    stems = [f"{stem}e", stem] if silent_e else [stem, f"{stem}e"]
    if len(stem) > 2 and stem[-1] == stem[-2]:
        stems = [stem, stem[:-1], *stems]
    if stem.endswith("i"):
        stems.insert(0, f"{stem[:-1]}y")
    return [candidate for candidate in stems if len(candidate) >= 2]


def inflected(word: str, find: Find) -> str | None:
    """Phonemes of a lower-case word by its ending, or None when no stem of it is known."""
    return _with_apostrophe(word, find) or _with_s(word, find) or _with_suffix(word, find)


def _with_apostrophe(word: str, find: Find) -> str | None:
    for ending in ("'s", "s'", "'"):
        if word.endswith(ending) and (stem := find(word[: -len(ending)])):
            return with_s(stem)
    for ending, sound in _CONTRACTIONS.items():
        if word.endswith(ending) and (stem := find(word[: -len(ending)])):
            return stem + sound
    return None


def _with_s(word: str, find: Find) -> str | None:
    if not word.endswith("s") or word.endswith("ss"):
        return None
    stem = find(f"{word[:-3]}y") if word.endswith("ies") else None
    stem = stem or find(word[:-1]) or (find(word[:-2]) if word.endswith("es") else None)
    return with_s(stem) if stem else None


def _with_suffix(word: str, find: Find) -> str | None:
    for ending, sound in _SUFFIXES.items():
        if word.endswith(ending):
            for candidate in _stems(word, ending):
                if stem := find(candidate):
                    return with_ed(stem) if ending == "ed" else _flapped(stem, sound) + sound
    return None


def composed(word: str, find: Find) -> str | None:
    """Phonemes of a lower-case word made of a prefix and a word, or of two words of at least three letters, or None."""
    for prefix, sound in _PREFIXES.items():
        rest = word[len(prefix) :]
        if word.startswith(prefix) and len(rest) >= 4 and (stem := find(rest)):
            return sound + stem
    for cut in range(len(word) - 3, 2, -1):
        first, second = find(word[:cut]), find(word[cut:])
        if first and second:
            return first + second.replace("ˈ", "ˌ")
    return None
