"""The emotion of words is told from a line's features, for lines in English alone, and unknown where it is not sure."""

import numpy as np
import pytest

from agent.core.speech import TEXT_EMOTIONS
from agent.dialogue.understanding import load_understandings
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.text import SentenceEmbedder
from agent.training.pack_head import open_readers
from tests.fusion.readings import stamp

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def readers(runtime: Runtime) -> Readers:
    return open_readers(runtime, load_understandings("bank")[:1])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you so much, you have been wonderful!", "joy"),
        ("This is outrageous, I am so angry with you idiots", "anger"),
        ("I'm really sad and disappointed about this", "sadness"),
        ("I'm scared that somebody stole my money", "fear"),
        ("That is disgusting", "disgust"),
    ],
)
def test_plain_feelings(readers: Readers, text: str, label: str) -> None:
    """What is said outright is read as such, with probabilities that sum to one."""
    reading = readers.emotion(text, "en", stamp(0), 3)
    assert (reading.label, reading.utterance_id, reading.reason) == (label, 3, None)
    assert reading.probabilities is not None and reading.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert TEXT_EMOTIONS[int(reading.probabilities.argmax())] == label and not reading.probabilities.flags.writeable


@pytest.mark.parametrize(("text", "language"), [("我很生气", "zh"), ("4071", "en"), ("", "en"), ("?!", "en")])
def test_lines_that_cannot_be_read(readers: Readers, text: str, language: str) -> None:
    """Another language and lines without words give a reading that is not valid and says why."""
    reading = readers.emotion(text, language, stamp(0), None)
    assert reading.probabilities is None and reading.label == "unknown" and reading.reason


def test_features_are_made_once_for_intent_and_emotion(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line's emotion costs no second embedding after its intent."""
    embedded: list[str] = []
    embed = SentenceEmbedder._embed_one

    def counted(embedder: SentenceEmbedder, text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        embedded.append(text)
        return embed(embedder, text)

    monkeypatch.setattr(SentenceEmbedder, "_embed_one", counted)
    readers.intent("my card was stolen", "en")
    readers.emotion("my card was stolen", "en", stamp(0), 1)
    assert embedded == ["my card was stolen"]
    readers.emotion("what is my balance", "en", stamp(0), 2)
    assert embedded[1:] == ["what is my balance"]
