"""What a pack says in one language it says in all of its languages."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agent.core.cards import CardAction, CardField, CardForm
from agent.dialogue.domain import load_domain, placeholders
from agent.dialogue.faq import load_articles
from agent.dialogue.flow_parts import CardPattern, Line
from agent.dialogue.glossary import load_glossary
from agent.dialogue.packs import module_of
from agent.dialogue.understanding import languages_of, load_understanding
from agent.dialogue.wording import in_words_of, load_phrases, wording

PACKS = [pack for pack in ("bank", "clinic", "shop") if "zh" in languages_of(pack)]
HAN = re.compile("[\u4e00-\u9fff]")
KEYS = {"id", "name", "kind", "about", "url", "reference"}
"""Fields of cards that nobody reads."""


def texts(part: Any) -> Iterator[str]:
    """Every text of a card pattern that customers see or that comes back from its buttons."""
    match part:
        case str():
            yield part
        case tuple():
            for each in part:
                yield from texts(each)
        case CardPattern() | CardAction() | CardForm() | CardField():
            for name in set(part.__struct_fields__) - KEYS:
                yield from texts(getattr(part, name))


@pytest.mark.parametrize("pack", PACKS)
def test_every_line_is_said_in_chinese(pack: str) -> None:
    """Each with its calm wording where there is one, and in Chinese characters."""
    domain = load_domain(pack)
    chinese = domain.translations["zh"]
    assert chinese.keys() == domain.lines.keys()
    assert {name for name, line in domain.lines.items() if line.calm} == {
        name for name in chinese if chinese[name].calm
    }
    assert [name for name, line in chinese.items() if not HAN.search(line.text) and line.text != "{means}"] == []


@pytest.mark.parametrize("pack", PACKS)
def test_lines_have_the_same_placeholders(pack: str) -> None:
    """What is filled in is said in both languages, in the full wording and in the calm one."""
    domain = load_domain(pack)
    for name, line in domain.lines.items():
        chinese = domain.translations["zh"][name]
        assert placeholders(Line(text=chinese.text)) == placeholders(Line(text=line.text)), name
        assert placeholders(Line(text=chinese.calm or "")) == placeholders(Line(text=line.calm or "")), name


@pytest.mark.parametrize("pack", PACKS)
def test_every_card_has_its_words_in_chinese(pack: str) -> None:
    """Titles, buttons and what they say, forms and hints; only placeholders and figures stay as they are."""
    phrases = load_phrases(pack, "zh")
    cards = load_domain(pack).flows.cards.values()
    shown = {text for card in cards for text in texts(card) if re.search("[A-Za-z]{2}", re.sub(r"\{\w+\}", "", text))}
    assert shown - phrases.keys() == set()


@pytest.mark.parametrize("pack", PACKS)
def test_phrases_have_the_same_placeholders(pack: str) -> None:
    """A translation fills in what the English phrase does."""
    for english, chinese in load_phrases(pack, "zh").items():
        assert placeholders(Line(text=english)) == placeholders(Line(text=chinese)), english


@pytest.mark.parametrize("pack", PACKS)
def test_intents_words_and_help_are_the_same_in_both_languages(pack: str) -> None:
    """A Chinese customer can ask for everything that an English one can, and has every word explained."""
    english, chinese = (load_understanding(pack, locale=locale) for locale in ("en", "zh"))
    assert set(chinese.intents) == set(english.intents)
    assert chinese.slots.keys() == english.slots.keys()
    values = {slot: pattern.words.keys() for slot, pattern in english.slots.items()}
    assert {slot: pattern.words.keys() - values[slot] for slot, pattern in chinese.slots.items() if pattern.words} == {
        slot: set() for slot, pattern in chinese.slots.items() if pattern.words
    }
    package = module_of(pack)
    assert load_glossary(package, "zh").keys() == load_glossary(package, "en").keys()
    assert bool(load_articles(pack, "zh")) == bool(load_articles(pack, "en"))


def test_words_of_a_pack() -> None:
    """A pack's phrases are taken where it has them; what it has not stays English, and so does another language."""
    bank = wording("bank", "zh")
    assert bank.phrase("Rule of thumb") == "经验标准"
    assert bank.phrase("{count} years", count="5") == "5年"
    assert bank.phrase("no such phrase") == "no such phrase"
    assert wording("bank", "fr").phrase("Rule of thumb") == "Rule of thumb"


def test_only_words_of_a_card_are_translated() -> None:
    """What identifies a field or goes back to the program stays."""
    field = CardField(name="number", label="Number", kind="digits")
    assert in_words_of(str.upper, field) == msgspec.structs.replace(field, label="NUMBER")
