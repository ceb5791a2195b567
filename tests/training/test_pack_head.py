"""The head of a pack is the shipped one where it fits its examples; otherwise it is fitted once and kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.settings import ModelSettings
from agent.core.understanding import SlotPattern, Understanding
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.training.pack_head import fitted, model_of, open_reader

BAKERY = Understanding(
    name="bakery",
    intents=("bake", "greet"),
    texts=(
        "bake a cake",
        "I want bread",
        "two rolls please",
        "hello",
        "good morning",
        "hi there",
        "fix my car",
        "stop",
    ),
    labels=("bake", "bake", "bake", "greet", "greet", "greet", None, None),
    slots={"loaf": SlotPattern(kind="words", words={"rye": ("rye",)})},
)


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


def test_shipped_head_only_for_its_own_examples(runtime: Runtime) -> None:
    """An example more in the pack's file, or a pack that has no head, and none of the shipped ones is taken."""
    shop = load_understanding("shop")
    assert model_of(runtime, shop) == "intent_shop"
    assert model_of(runtime, replace(shop, texts=(*shop.texts, "x"), labels=(*shop.labels, None))) is None
    assert model_of(runtime, BAKERY) is None


def test_head_fitted_at_start_understands_and_is_kept(runtime: Runtime, tmp_path: Path) -> None:
    """The second start takes what the first one left, and reads the same."""
    first = open_reader(runtime, BAKERY, cache=tmp_path / "cache").intent("good morning to you, a rye bread")
    (kept,) = (tmp_path / "cache").iterdir()
    written = kept.stat().st_mtime_ns
    again = open_reader(runtime, BAKERY, cache=tmp_path / "cache").intent("good morning to you, a rye bread")
    assert again == first and kept.stat().st_mtime_ns == written
    assert first.slots == {"loaf": "rye"}
    assert open_reader(runtime, BAKERY, cache=tmp_path / "cache").intent("please bake bread").label == "bake"


def test_cache_that_cannot_be_used_is_done_without(runtime: Runtime, tmp_path: Path) -> None:
    """Neither a file in the folder's place nor a broken file keeps the agent from starting."""
    (tmp_path / "file").touch()
    embedder = SentenceEmbedder(runtime)
    head = fitted(BAKERY, embedder, tmp_path / "file")
    fitted(BAKERY, embedder, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"PK broken")
    again = fitted(BAKERY, embedder, tmp_path / "cache")
    assert again.intents == head.intents == 2 and kept.stat().st_size > 1_000
