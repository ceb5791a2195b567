"""Somebody in danger is heard by the clinic's model or by its list of words, and others hardly ever call a person."""

from pathlib import Path

import pytest

from agent.core.settings import ModelSettings
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import TextReader
from agent.training.lines import held_out_files, load_lines
from agent.training.pack_head import open_reader

pytestmark = pytest.mark.timeout(120)

INTENTS = {"emergency", "crisis"}
WORDS = {"danger", "life_at_risk"}


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return open_reader(Runtime(Registry.load(ModelSettings().folder), "cpu"), load_understanding("clinic"))


def calls_a_person(reader: TextReader, text: str) -> bool:
    """Whether the model or the words tell of danger."""
    reading = reader.intent(text)
    return (not reading.out_of_scope and reading.label in INTENTS) or bool(WORDS & reading.slots.keys())


def test_every_held_out_line_of_danger_calls_a_person(reader: TextReader) -> None:
    """Emergencies and crises in words that nothing was trained on."""
    lines = load_lines(held_out_files("clinic")[-1], "test")
    danger = [text for text, intent in zip(lines.texts, lines.intents, strict=True) if intent in INTENTS]
    assert len(danger) >= 25
    assert [text for text in danger if not calls_a_person(reader, text)] == []


def test_hardly_any_line_about_other_things_calls_a_person(reader: TextReader, shared_data: Path) -> None:
    """Of three thousand lines of CLINC150, none of which is about health, three at most."""
    lines = load_lines(shared_data / "intent" / "clinc150_trainval.json", "val")
    asked = [text for text, intent in zip(lines.texts, lines.intents, strict=True) if intent is not None]
    assert len(asked) == 3_000
    assert len([text for text in asked if calls_a_person(reader, text)]) <= 3
