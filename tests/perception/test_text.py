"""The shipped text models understand what a shop's customers say, and know when they do not."""

import numpy as np
import pytest

from agent.core.understanding import SlotPattern
from agent.dialogue.understanding import load_understanding
from agent.inference.runtime import Runtime
from agent.perception.text import EMBEDDING_WIDTH, SentenceEmbedder, TextReader, shipped_head
from agent.training.pack_head import open_reader


@pytest.fixture(scope="module")
def reader(runtime: Runtime) -> TextReader:
    return open_reader(runtime, load_understanding("shop"))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Hello there, how are you?", "greeting"),
        ("so where has my parcel got to", "order_status"),
        (" I would like to send these boots back.", "return_item"),
        ("when do I get my money back", "refund"),
        ("let me talk to a human being", "speak_to_person"),
        ("Thank you so much for your help.", "thanks"),
        ("okay bye bye have a good day", "goodbye"),
        ("Yes.", "affirm"),
        ("no thanks", "deny"),
        ("what can you do for me", "help"),
        ("sorry could you say that again", "repeat"),
    ],
)
def test_intents(reader: TextReader, text: str, label: str) -> None:
    """A plain line of each intent is understood and is in scope."""
    reading = reader.intent(text)
    assert reading.label == label and not reading.out_of_scope
    assert 0.5 < reading.probability <= 1


@pytest.mark.parametrize(
    "text", ["What's the weather like in Madrid?", "do you repair aquariums", "my cat is asleep on the sofa", "...", ""]
)
def test_out_of_scope(reader: TextReader, text: str) -> None:
    """A line about something else is out of scope, and so is one without words."""
    assert reader.intent(text).out_of_scope


def test_slots(reader: TextReader) -> None:
    """Order number and product are given when the line names them, and no key is there when it does not."""
    slots = reader.intent("I want to return the headphones from order a one oh four two").slots
    assert (slots["order_id"], slots["product"]) == ("A1042", "headphones")
    assert reader.intent("hello").slots == {}


def test_products_of_the_shop(runtime: Runtime) -> None:
    """A reader that was given a shop's products looks for those."""
    theremin = SlotPattern(kind="words", words={"theremin": ("theremin",)})
    intents = load_understanding("shop").intents
    reader = TextReader(SentenceEmbedder(runtime), shipped_head(runtime, "intent_shop"), intents, {"product": theremin})
    assert reader.intent("my theremin is late").slots == {"product": "theremin"}


def test_very_long_line(reader: TextReader) -> None:
    """A line far beyond the tokenizer's limit is read without an error."""
    assert reader.intent("where is my order " * 500).label == "order_status"


def test_embeddings(reader: TextReader) -> None:
    """Embeddings are unit vectors, do not depend on their neighbours, and lie closer for like meanings."""
    together = reader.embed(["where is my parcel", "has my package shipped", "sing me a song"])
    assert together.shape == (3, EMBEDDING_WIDTH) and together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-3)
    np.testing.assert_array_equal(together[0], reader.embed(["where is my parcel"])[0])
    assert together[0] @ together[1] > together[0] @ together[2] + 0.2
    assert reader.embed([]).shape == (0, EMBEDDING_WIDTH)
