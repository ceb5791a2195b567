"""Learns the scene of a call as a score card: rules of the kind "more than so much of this", each with points for each
scene."""

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.fusion.scene import ENTER_PROB, OUTCOMES
from agent.fusion.situation import FEATURES
from agent.training.evaluation import Stopwatch
from agent.training.graphs import write_graph
from agent.training.lines import DATA
from agent.training.made_up_calls import made_up_calls
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scenes import Timeline, labelled
from agent.training.scores import Answers
from agent.training.softmax import Floats, Linear, fit_linear
from agent.training.written_calls import ReadIntent, written_calls

CUTS = (0.1, 0.25, 0.4, 0.55, 0.75)
"""A feature has a rule for each: whether it is larger. One cue just now is 0.6, and half a minute later nothing."""
PENALTY = 1e-3
STEPS = 150
SILENT_WEIGHT = 2.0
"""Scenes count alike however frequent they are, and none of them counts so much: silence is the answer in doubt."""
CALLS, CALLS_HELD_OUT = 500, 120
WRITTEN = DATA / "scenes_heldout.yaml"
TIMED = 200
STRONGEST = 4


def train(
    out: Path, *, read_intent: ReadIntent, calls: int = CALLS, seed: int = 1, progress: Progress = unheard
) -> TrainingReport:
    """Learns from `calls` made-up calls and writes ONNX to `out`. Measured on pieces of calls written by hand, with
    what `read_intent` makes of their words, and on made-up calls of another seed."""
    began_s = time.process_time()
    features, right = _seconds_of(made_up_calls(calls, seed), calls, progress)
    card = fit_score_card(features, right)
    sha256 = export_score_card(card, out)
    model = ort.InferenceSession(out, providers=["CPUExecutionProvider"])
    others, other_right = _seconds_of(made_up_calls(CALLS_HELD_OUT, seed + 1), CALLS_HELD_OUT, progress)
    held_out = {
        "pieces of calls written by hand": answers_to(written_calls(WRITTEN, read_intent), model),
        "seconds of calls made up by the same rules": _answers(_run(model, others), other_right),
    }
    return TrainingReport(
        model="scene",
        out=out,
        sha256=sha256,
        seed=seed,
        cpu_s=time.process_time() - began_s,
        data=(
            DataUsed(file=Path("made_up_calls.py"), items=len(right), use=f"trained on: seconds of {calls} calls"),
            DataUsed(file=WRITTEN, items=len(held_out["pieces of calls written by hand"]), use="measured on"),
        ),
        held_out=held_out,
        ms_per_item=_ms_per_item(model, others),
        notes=strongest_rules(card),
    )


def fit_score_card(features: NDArray[np.float32], right: NDArray[np.int64]) -> Linear:
    """Points for each rule, (features x cuts, outcomes) with the cuts of a feature side by side."""
    weight = 1 / np.bincount(right, minlength=len(OUTCOMES))[right]
    weight = np.where(right == OUTCOMES.index("none"), SILENT_WEIGHT * weight, weight)
    return fit_linear(fired(features), right, len(OUTCOMES), penalty=PENALTY, weight=weight, steps=STEPS)


def fired(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, features x cuts): 1 where a rule holds."""
    above = features[:, :, None] > np.array(CUTS, np.float32)
    return above.reshape(len(features), -1).astype(np.float32)


def export_score_card(card: Linear, target: Path) -> str:
    """Writes `features` → `scene_prob` and `points`, what each feature adds to the log-odds; returns the sha256."""
    width, outcomes = len(FEATURES), len(OUTCOMES)
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    scene (float[n, {width}] features) => (float[n, {outcomes}] scene_prob, float[n, {width}, {outcomes}] points)
    {{
        side_by_side = Einsum <equation = "nf,k->nfk"> (features, ones)
        above = Greater(side_by_side, cuts)
        fired = Cast <to = 1> (above)
        points = Einsum <equation = "nfk,fko->nfo"> (fired, weights)
        added = Einsum <equation = "nfo->no"> (points)
        logits = Add(added, bias)
        scene_prob = Softmax <axis = 1> (logits)
    }}
    """
    weights = {
        "ones": np.ones(len(CUTS)),
        "cuts": np.array(CUTS),
        "weights": card.weights.reshape(width, len(CUTS), outcomes),
        "bias": card.bias,
    }
    return write_graph(text, weights, target)


def answers_to(clips: list[Timeline], model: ort.InferenceSession) -> Answers:
    """What the model says at the end of each clip."""
    ends = [labelled(clip) for clip in clips]
    features = np.array([rows[-1] for rows, _ in ends])
    return _answers(_run(model, features), np.array([right[-1] for _, right in ends]))


def strongest_rules(card: Linear) -> dict[str, str]:
    """What speaks for each scene the most, with the points that it gives over the mean of all scenes."""
    weights = card.weights - card.weights.mean(axis=1, keepdims=True)
    by_feature = weights.reshape(len(FEATURES), len(CUTS), len(OUTCOMES)).sum(axis=1)
    words = tuple(FEATURES.values())
    return {
        f"for {scene.replace('_', ' ')}": ", ".join(
            f"{words[index]} ({by_feature[index, column]:+.1f})"
            for index in np.argsort(-by_feature[:, column])[:STRONGEST]
        )
        for column, scene in enumerate(OUTCOMES)
    }


def _seconds_of(
    calls: Iterable[Timeline], count: int, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    parts = []
    for done, call in enumerate(calls):
        progress("calls played", done / count, f"{done} of {count}")
        parts.append(labelled(call))
    progress("calls played", 1.0)
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([right for _, right in parts])


def _run(model: ort.InferenceSession, features: NDArray[np.float32]) -> Floats:
    prob: Floats = model.run(["scene_prob"], {"features": features})[0]
    return prob


def _answers(prob: Floats, right: NDArray[np.int64]) -> Answers:
    return Answers(prob=prob, label=right, names=OUTCOMES, confident_prob=ENTER_PROB)


def _ms_per_item(model: ort.InferenceSession, features: NDArray[np.float32]) -> float:
    stopwatch = Stopwatch()
    for row in features[:TIMED]:
        with stopwatch.item():
            model.run(None, {"features": row[None]})
    return stopwatch.median_ms
