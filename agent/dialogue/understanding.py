"""Reads what a domain pack wants understood: its own `intents.<locale>.yaml` and what customers of any business say."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import get_args

import msgspec

from agent.core.errors import SettingsError
from agent.core.understanding import SlotKind, SlotPattern, Understanding
from agent.dialogue.faq import load_articles
from agent.dialogue.packs import HOUSE, folder_of, read_part
from agent.dialogue.wording import SOURCE

PLAIN_KINDS = frozenset(get_args(SlotKind)) - {"digits", "words", "goods"}

_INTENTS_FILE = re.compile(r"intents\.[a-z]{2,3}\.yaml")


class _SlotPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    digits: int = 0
    words: list[str] | dict[str, list[str]] = []
    affirmed: bool = False
    counted: bool = False


class _Intents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An intents file: examples by intent, examples of everything else, and what is looked for in a line."""

    intents: dict[str, tuple[str, ...]]
    out_of_scope: tuple[str, ...] = ()
    slots: dict[str, str | _SlotPart] = {}


def languages_of(name: str) -> tuple[str, ...]:
    """The languages that pack `name` understands, ISO 639-1, English first. Raises `SettingsError` for no pack."""
    found = [file.name.split(".")[1] for file in folder_of(name).iterdir() if _INTENTS_FILE.fullmatch(file.name)]
    return tuple(sorted(found, key=lambda language: (language != SOURCE, language)))


def load_understandings(name: str, more: Path | None = None) -> tuple[Understanding, ...]:
    """What pack `name` understands in each of its languages, English first, which alone has `more` examples. Raises as
    `load_understanding`."""
    languages = languages_of(name)
    return tuple(load_understanding(name, locale=each, more=more if each == SOURCE else None) for each in languages)


def load_understanding(name: str, *, locale: str = "en", more: Path | None = None) -> Understanding:
    """The intents that every customer has, then those of pack `name`, with examples, and its slots. What belongs to no
    business in general may be an example of the pack: a toothache is no matter of a shop. What help pages answer
    belongs to no intent. In every language slots are those of the English file, with what it adds of ways to say them.

    `more` are an operator's own examples: of intents that the pack has, and of others, which are none of its business
    until it has them.

    Raises `SettingsError` that names the file and what is wrong in it.
    """
    common, own = (read_part(name, file, _Intents) for file in intent_files(name, locale=locale))
    twice = sorted(common.intents.keys() & own.intents.keys())
    if twice:
        raise SettingsError(f"domain {name}: intents.{locale}.yaml: {', '.join(twice)} is common to all packs already")
    asked = tuple(text for article in load_articles(name, locale) for text in article.asked)
    examples = common.intents | own.intents
    added = {} if more is None else read_part(name, more, _Intents).intents
    pairs = [(text, intent) for intent, texts in examples.items() for text in (*texts, *added.get(intent, ()))]
    strange = [text for intent, texts in added.items() if intent not in examples for text in texts]
    wanted = {text for text, _ in pairs}
    unwanted = (*common.out_of_scope, *own.out_of_scope, *asked, *strange)
    outside = tuple(text for text in unwanted if text not in wanted)
    return Understanding(
        name=name,
        intents=tuple(examples),
        texts=(*(text for text, _ in pairs), *outside),
        labels=(*(intent for _, intent in pairs), *(None for _ in outside)),
        slots=_slots(name, own, locale),
        language=locale,
    )


def intent_files(name: str, *, locale: str = "en") -> tuple[Path, ...]:
    """The files that `load_understanding` reads."""
    common, own = files(HOUSE) / f"common.{locale}.yaml", folder_of(name) / f"intents.{locale}.yaml"
    return Path(str(common)), Path(str(own))


def _slots(name: str, own: _Intents, locale: str) -> dict[str, SlotPattern]:
    slots = {slot: _pattern(name, slot, part) for slot, part in own.slots.items()}
    if locale == SOURCE:
        return slots
    english = load_understanding(name).slots
    unknown = sorted(slots.keys() - english.keys())
    if unknown:
        raise SettingsError(f"domain {name}: intents.{locale}.yaml: slot {unknown[0]} is not in intents.{SOURCE}.yaml")
    return english | {slot: _with_ways(english[slot], pattern) for slot, pattern in slots.items()}


def _with_ways(pattern: SlotPattern, more: SlotPattern) -> SlotPattern:
    """The pattern with the ways of saying its values that `more` knows."""
    ways = {value: (*pattern.words.get(value, ()), *said) for value, said in more.words.items()}
    return replace(pattern, words=pattern.words | ways)


def _pattern(domain: str, slot: str, part: str | _SlotPart) -> SlotPattern:
    """`birth_date`, `{digits: 7}`, `{words: [kettle, lamp]}` or `{words: {savings: [savings, saver]}}`."""
    if isinstance(part, str):
        kind = next((kind for kind in get_args(SlotKind) if kind == part and kind in PLAIN_KINDS), None)
        if kind is None:
            kinds = ", ".join(sorted(PLAIN_KINDS))
            raise SettingsError(f"domain {domain}: slot {slot}: no kind {part!r}; there are {kinds}, digits and words")
        return SlotPattern(kind=kind)
    if part.digits > 0 and not part.words:
        return SlotPattern(kind="digits", digits=part.digits)
    if part.words and not part.digits:
        listed = part.words if isinstance(part.words, dict) else {word: [word] for word in part.words}
        words = {value: tuple(said) for value, said in listed.items()}
        return SlotPattern(kind="goods" if part.counted else "words", words=words, affirmed=part.affirmed)
    raise SettingsError(f"domain {domain}: slot {slot}: give either digits, how many, or words")
