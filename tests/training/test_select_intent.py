"""Kinds of classifiers are compared fairly, the best is written as the library has it, and one page says how it was."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.core.understanding import Understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import FEATURES, SentenceEmbedder
from agent.training.select_intent import FAMILIES, Selection, select
from agent.training.selection_page import worst, write_selection

pytestmark = pytest.mark.timeout(300)

GOODS = ("a kettle", "the red lamp", "two chairs", "my shoes", "this phone", "that coat", "a blue bag", "the desk")
SAID = {"buy": "I want to buy {}", "find": "where did you send {}", 'give "back"': "please take {} back"}


def understanding(goods: Sequence[str]) -> Understanding:
    pairs = [(said.format(one), intent) for intent, said in SAID.items() for one in goods]
    return Understanding(
        name="stall",
        intents=tuple(SAID),
        texts=(*(text for text, _ in pairs), "is it raining"),
        labels=(*(intent for _, intent in pairs), None),
        slots={},
    )


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("selected") / "intent_stall.onnx"


@pytest.fixture(scope="module")
def selection(runtime: Runtime, written: Path) -> Selection:
    return select(understanding(GOODS), written, runtime=runtime)


def test_every_kind_is_judged_on_lines_held_out(selection: Selection) -> None:
    """Five kinds, the best first and with a p of 1, each with what it was tried with; lines of no intent stay out."""
    assert {kind.name for kind in selection.kinds} == {family.name for family in FAMILIES} and len(FAMILIES) == 5
    assert selection.lines == len(SAID) * len(GOODS)
    f1 = [kind.macro_f1 for kind in selection.kinds]
    assert f1 == sorted(f1, reverse=True) and f1[0] > 0.9
    assert selection.kinds[0].worse_p == 1.0
    for kind in selection.kinds:
        assert len(kind.tried) > 1 and kind.parameters in [parameters for parameters, _ in kind.tried]
    assert sum(map(sum, selection.curves.confusion)) == selection.lines


def test_learning_grows_with_lines(selection: Selection) -> None:
    """The curve goes from few lines to all of a fold's, and more lines are worth more here."""
    lines, _, held_out = zip(*selection.learning, strict=True)
    assert list(lines) == sorted(lines) and lines[-1] == selection.lines * 4 // 5 and held_out[-1] >= held_out[0]


def test_the_best_is_written_with_its_entry(selection: Selection, written: Path, runtime: Runtime) -> None:
    """The file names the right intents, and its entry says which file and examples it is of."""
    texts = ["I want to buy a tent", "where did you send the tent", "please take the tent back"]
    features: NDArray[np.float32] = SentenceEmbedder(runtime).features(texts)
    session = ort.InferenceSession(written, providers=["CPUExecutionProvider"])
    assert session.run(None, {"features": features})[0].tolist() == [0, 1, 2]
    (entry,) = tomllib.loads(written.with_suffix(".toml").read_text(encoding="utf-8"))["model"]
    assert (entry["name"], entry["classes"]) == ("intent_stall", list(SAID))
    assert entry["files"][0]["sha256"] == selection.sha256 and entry["examples"] == understanding(GOODS).digest
    assert entry["inputs"][0]["shape"] == ["n", FEATURES] and selection.agreement >= 0.99


def test_the_page_needs_no_other_file(selection: Selection, tmp_path: Path) -> None:
    """Names, figures and three pictures are in one file, and names from the data are no markup."""
    page = write_selection(selection, tmp_path / "report", command="agent train intent --select <b>")
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 3 and "<b>\n" not in text and "&lt;b&gt;" in text
    assert all(kind.name in text for kind in selection.kinds) and 'src="http' not in text
    assert (tmp_path / "report" / "selection.json").stat().st_size > 1_000


def test_large_confusions_are_cut_to_the_worst(selection: Selection) -> None:
    """Of very many intents those with the most mistakes are drawn."""
    size = 40
    counts = np.eye(size, dtype=np.int64) * 9
    counts[7, 30] = 5
    names = [f"intent {each}" for each in range(size)]
    drawn = worst(type(selection.curves)(names=names, confusion=counts.tolist(), reliability=[], coverage=[]))
    assert len(drawn.names) == 24 and {"intent 7", "intent 30"} <= set(drawn.names)


def test_too_few_lines_are_refused(runtime: Runtime, tmp_path: Path) -> None:
    """An intent that not every fold can hold is named, and nothing is written."""
    with pytest.raises(DataRejected, match="buy.*5 different examples"):
        select(understanding(GOODS[:3]), tmp_path / "x.onnx", runtime=runtime)
    assert not (tmp_path / "x.onnx").exists()
