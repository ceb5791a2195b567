from datetime import date

import numpy as np
import pytest

from agent.core.settings import ModelSettings
from agent.dialogue.understanding import load_understandings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.text import SentenceEmbedder
from agent.training.pack_head import head_name, model_of, open_readers


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


@pytest.fixture(scope="module")
def readers(runtime: Runtime) -> Readers:
    return open_readers(runtime, load_understandings("bank"), today=lambda: date(2026, 11, 18))


@pytest.mark.parametrize("pack", ["bank", "clinic", "shop"])
def test_chinese_heads_are_trained_on_the_packs_examples(pack: str, runtime: Runtime) -> None:
    """So that nothing has to be learnt at the start."""
    chinese = next(each for each in load_understandings(pack) if each.language == "zh")
    assert model_of(runtime, chinese) == head_name(chinese) == f"intent_{pack}_zh"


def test_near_meanings_are_near_in_chinese_and_across_languages(runtime: Runtime) -> None:
    """Nearer than lines about something else, whichever words they share."""
    embedder = SentenceEmbedder(runtime, language="zh")
    lost, stolen, loan, english = embedder.embed(["我的银行卡丢了", "信用卡被人偷了", "我想借一笔钱", "I lost my card"])
    assert lost @ stolen > lost @ loan + 0.1
    assert lost @ english > loan @ english + 0.1
    np.testing.assert_allclose(np.linalg.norm([lost, stolen, loan, english], axis=1), 1, rtol=1e-3)


@pytest.mark.parametrize(
    ("line", "language", "label"),
    [
        ("我的信用卡不见了，赶快停掉", "zh", "block_card"),
        ("my card is gone, please stop it", "en", "block_card"),
        ("是啊", "zh", "affirm"),
        ("how much money do I have", "fr", "balance"),
    ],
)
def test_each_line_is_read_in_its_language(line: str, language: str, label: str, readers: Readers) -> None:
    """By that language's model, or by the first where there is none."""
    reading = readers.intent(line, language)
    assert reading.label == label and not reading.out_of_scope


def test_slots_of_a_chinese_line(readers: Readers) -> None:
    """Their values are those that an English line has."""
    slots = readers.intent("昨天付给酒店的四百一十二块五不是我付的", "zh").slots
    assert slots == {"day": "2026-11-17", "amount": "412.50", "reason": "unrecognised"}


@pytest.mark.parametrize("line", ["明天会下雨吗", "讲个笑话", "帮我订一张机票"])
def test_what_no_bank_does_is_out_of_scope(line: str, readers: Readers) -> None:
    """Chinese lines about something else belong to no intent."""
    assert readers.intent(line, "zh").out_of_scope
