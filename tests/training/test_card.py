"""Cards carry the figures of a run and nothing else changes in them."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.training.card import (
    BEGIN,
    END,
    command_line,
    confusions,
    evaluation_figures,
    new_card,
    training_figures,
    update_card,
)
from agent.training.evaluation import Evaluation, evaluated
from agent.training.progress import DataUsed, TrainingReport
from agent.training.report import write_report
from agent.training.scores import Answers, curves

ANSWERS = Answers(
    prob=np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]),
    label=np.array([0, 0, 1, 1]),
    names=("cat", "dog"),
    confident_prob=0.7,
)


def an_evaluation() -> Evaluation:
    return evaluated(ANSWERS, ms_per_item=1.25, left_out={"torn pictures": 2})


def a_report(file: Path) -> TrainingReport:
    return TrainingReport(
        model="pets", out=file, sha256="ab" * 32, seed=4, cpu_s=30.0,
        data=(DataUsed(file=Path("/far/away/pets.npz"), items=1200, use="trained on"),),
        held_out={"last fifth": ANSWERS}, notes={"temperature": "1.100"},
    )  # fmt: skip


def test_figures_of_an_evaluation() -> None:
    """Accuracy, coverage, classes, mistakes, what was left out and the model's hash all stand there."""
    text = evaluation_figures(an_evaluation(), command="agent evaluate pets", sha256="c0ffee" * 10)
    for said in (
        "`agent evaluate pets`",
        "c0ffeec0ffee",
        "left out: 2 torn pictures",
        "| all | 4 | 75.0 % (30.1 to 95.4)",
        "75.0 % | 100.0 %",
        "| dog | 2 | 50.0 % | 100.0 % |",
        "dog as cat 1",
        "1.25 ms",
    ):
        assert said in text, said


def test_figures_of_a_training_run(tmp_path: Path) -> None:
    """Data by name without its place on somebody's disk, seed, time, notes and held-out figures."""
    text = training_figures(a_report(tmp_path / "pets.onnx"), command="agent train pets")
    for said in (
        "seed 4",
        "30 CPU seconds",
        "| pets.npz | 1,200 | trained on |",
        "temperature: 1.100",
        "| last fifth | 4 |",
    ):
        assert said in text, said
    assert "/far/away" not in text and str(tmp_path) not in text


def test_only_what_is_between_the_marks_changes(tmp_path: Path) -> None:
    """What people wrote stays, and writing twice is writing once."""
    card = tmp_path / "card.md"
    card.write_text(f"# pets\n\n{BEGIN}\nold figures\n{END}\n\n**Limits.** Cats.\n", encoding="utf-8")
    for _ in range(2):
        update_card(card, "new figures\n")
    assert card.read_text(encoding="utf-8") == f"# pets\n\n{BEGIN}\nnew figures\n{END}\n\n**Limits.** Cats.\n"


@pytest.mark.parametrize("text", ["# no marks\n", f"{BEGIN}\nno end\n", None])
def test_cards_without_a_place(tmp_path: Path, text: str | None) -> None:
    """A card without both marks, or none at all, is left alone and named."""
    card = tmp_path / "card.md"
    if text is not None:
        card.write_text(text, encoding="utf-8")
    with pytest.raises(DataRejected, match=r"card\.md"):
        update_card(card, "figures")
    assert text is None or card.read_text(encoding="utf-8") == text


def test_a_new_card_can_be_updated(tmp_path: Path) -> None:
    """A card that a run wrote names licence and weakest classes, and takes the figures of the next run."""
    card = tmp_path / "pets.md"
    card.write_text(new_card(a_report(card), command="agent train pets", licence="CC0"), encoding="utf-8")
    update_card(card, "new figures\n")
    text = card.read_text(encoding="utf-8")
    assert "CC0" in text and "Weakest: dog (F1 0.67)" in text and "new figures" in text and "last fifth" not in text


def test_command_line() -> None:
    """A command is given as others can repeat it: without private paths and without where its output went."""
    words = [
        "evaluate",
        "pets",
        "--data",
        "/home/me/my pets.npz",
        "--json",
        "--report",
        "out",
        "--card=x.md",
        "--part",
        "val_",
    ]
    assert command_line(words) == "agent evaluate pets --data 'my pets.npz' --part val_"


def test_confusions() -> None:
    """The most frequent mistakes come first; right answers are none."""
    assert confusions(curves(ANSWERS)) == [("dog", "cat", 1)]


def test_report_folder(tmp_path: Path) -> None:
    """Three plots, the evaluation as JSON that reads back the same, and a page that shows both."""
    write_report(an_evaluation(), tmp_path / "new" / "report", title="Pets & co", command="agent evaluate <pets>")
    folder = tmp_path / "new" / "report"
    for name in ("confusion", "reliability", "coverage"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert msgspec.json.decode((folder / "report.json").read_bytes(), type=Evaluation) == an_evaluation()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "Pets &amp; co" in page and "&lt;pets&gt;" in page and "0.7500" in page and 'src="coverage.png"' in page
