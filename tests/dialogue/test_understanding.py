"""What a pack wants understood: its own intents on top of those of all customers, and mistakes that are named."""

from pathlib import Path

import pytest

from agent.core.errors import SettingsError
from agent.core.understanding import SlotPattern, Understanding
from agent.dialogue.domain import load_domain
from agent.dialogue.faq import FAQ, load_articles
from agent.dialogue.hearing import REACTIONS
from agent.dialogue.understanding import load_understanding

INTENTS = """
slots:
  loaf: {words: {rye: [rye, dark bread], roll: [roll]}}
  number: {digits: 5}
  when: past_day
  nuts: {affirmed: true, words: [nut]}
intents:
  bake:
    - bake me a cake
    - I want a loaf
out_of_scope: [sell me a car]
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of somebody else with intents, inside another one."""
    folder = tmp_path / f"town_{tmp_path.name.replace('-', '_')}" / "bakery"
    folder.mkdir(parents=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").touch()
    (folder / "intents.en.yaml").write_text(INTENTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def load(pack: Path) -> Understanding:
    return load_understanding(f"{pack.parent.name}.{pack.name}")


@pytest.mark.parametrize("name", ["shop", "bank", "clinic"])
def test_every_intent_leads_somewhere(name: str) -> None:
    """What is understood is a flow of the pack or a reaction, and no flow is never understood."""
    flows = load_domain(name).flows
    assert set(load_understanding(name).intents) == {*flows.flows, *REACTIONS} - {flows.welcome, FAQ}


@pytest.mark.parametrize("name", ["shop", "bank"])
def test_questions_for_the_help_pages_belong_to_no_intent(name: str) -> None:
    """They teach the intent model what to leave alone, so that the pages are asked."""
    understood = load_understanding(name)
    asked = [article.asked[0] for article in load_articles(name, "en")]
    assert asked and all(understood.labels[understood.texts.index(text)] is None for text in asked)


def test_pack_from_elsewhere(pack: Path) -> None:
    """Its examples come after those of all customers, its slots as they are written."""
    understood = load(pack)
    assert understood.intents[-1] == "bake" and "greeting" in understood.intents
    assert understood.labels[understood.texts.index("I want a loaf")] == "bake"
    assert understood.labels[understood.texts.index("sell me a car")] is None
    assert understood.slots == {
        "loaf": SlotPattern(kind="words", words={"rye": ("rye", "dark bread"), "roll": ("roll",)}),
        "number": SlotPattern(kind="digits", digits=5),
        "when": SlotPattern(kind="past_day"),
        "nuts": SlotPattern(kind="words", words={"nut": ("nut",)}, affirmed=True),
    }


def test_pack_answers_what_others_leave_alone(pack: Path) -> None:
    """An example of the pack is one, also where it belongs to no business in general."""
    assert load(pack).labels[load(pack).texts.index("give me a recipe for pancakes")] is None
    (pack / "intents.en.yaml").write_text(INTENTS.replace("bake me a cake", "give me a recipe for pancakes"))
    understood = load(pack)
    assert understood.texts.count("give me a recipe for pancakes") == 1
    assert understood.labels[understood.texts.index("give me a recipe for pancakes")] == "bake"


def test_digest_changes_with_the_examples(pack: Path) -> None:
    """A model that learnt from others is told apart; slots are no matter of the model."""
    before = load(pack).digest
    (pack / "intents.en.yaml").write_text(INTENTS.replace("past_day", "amount"))
    assert load(pack).digest == before
    (pack / "intents.en.yaml").write_text(INTENTS.replace("a cake", "two cakes"))
    assert load(pack).digest != before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("past_day", "future_day", r"slot when: no kind 'future_day'"),
        ("{digits: 5}", "{digits: 0}", r"slot number"),
        ("bake:", "greeting:", r"greeting is common to all packs"),
        ("slots:", "slotz:", r"intents\.en\.yaml"),
        ("- bake me a cake", "- [bake", r"intents\.en\.yaml"),
    ],
)
def test_mistakes_are_named(old: str, new: str, says: str, pack: Path) -> None:
    """An unknown kind, an empty slot, an intent that all packs have, a misspelt key and broken YAML."""
    (pack / "intents.en.yaml").write_text(INTENTS.replace(old, new))
    with pytest.raises(SettingsError, match=says):
        load(pack)


def test_pack_without_intents(pack: Path) -> None:
    """The file that is missing is named."""
    (pack / "intents.en.yaml").unlink()
    with pytest.raises(SettingsError, match=r"intents\.en\.yaml"):
        load(pack)
