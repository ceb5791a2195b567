"""Trains the head that reads emotion from the features of a line, on GoEmotions' comments, and writes it as ONNX."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.core.speech import TEXT_EMOTIONS
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.perception.text_emotion import TEXT_EMOTION
from agent.training.evaluation import Stopwatch
from agent.training.goemotions import Comments, load_comments
from agent.training.graphs import write_graph
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers, confident_prob
from agent.training.softmax import Linear, fit_linear, fit_temperature, softmax

PENALTY = 0.5
"""Over the number of comments."""
STEPS = 80
HELD_EVERY = 10
"""Every so many comments one is held out for temperature and threshold."""
SURE_ACCURACY = 0.7
"""Share of the sure answers that are to be right; the threshold follows from it."""
AT_ONCE = 512


def train(
    data: Path, out: Path, *, held_out: Path | None = None, runtime: Runtime, progress: Progress = unheard
) -> TrainingReport:
    """Trains on the comments of `data`, writes ONNX to `out`, and measures on those of `held_out`. As `TrainingReport`
    says; it takes 3 ms a comment, draws nothing by chance, and needs no checkpoint.

    Raises `DataRejected` for a file of another form, or when an emotion has too few comments to learn it from.
    """
    began_s = time.process_time()
    comments = load_comments(data)
    embedder = SentenceEmbedder(runtime)
    features = _features(comments, embedder, progress, "lines to learn from")
    held = np.arange(len(comments)) % HELD_EVERY == 0
    if not comments.groups[held & comments.plain].any(axis=0).all():
        raise DataRejected(f"{data} holds too few comments of each emotion: it is learnt from some thousand")
    progress("fitting", 0.0)
    trial = fit_head(features[~held], comments.groups[~held])
    judged = held & comments.plain
    logits, label = trial.logits(features[judged]), comments.groups[judged].argmax(axis=1)
    temperature = fit_temperature(logits, label)
    threshold = confident_prob(softmax(logits / temperature), label, SURE_ACCURACY)
    sha256 = export_head(fit_head(features, comments.groups), temperature, out)
    progress("fitting", 1.0)
    used = [DataUsed(file=data, items=len(comments), use="trained on; temperature and threshold from every tenth")]
    answers: dict[str, Answers] = {}
    stopwatch = Stopwatch()
    if held_out is not None:
        unseen = load_comments(held_out)
        rows = _features(unseen, embedder, progress, "lines held out")
        judge = _session(out)
        prob = np.concatenate([_timed(judge, row, stopwatch) for row in rows])
        used.append(DataUsed(file=held_out, items=len(unseen), use="held out"))
        answers["comments held out, one emotion each"] = answers_of(unseen, prob, threshold)
    return TrainingReport(
        model=TEXT_EMOTION,
        out=out,
        sha256=sha256,
        seed=0,
        cpu_s=time.process_time() - began_s,
        data=tuple(used),
        held_out=answers,
        ms_per_item=stopwatch.median_ms if answers else None,
        notes={"temperature": f"{temperature:.3f}", "sure from": f"{threshold:g}"},
    )


def answers_of(comments: Comments, prob: NDArray[np.floating], threshold: float) -> Answers:
    """The answers to the comments that have one right answer; `prob` (n, 7) are those to all."""
    plain = comments.plain
    label = comments.groups[plain].argmax(axis=1)
    return Answers(prob=prob[plain], label=label, names=TEXT_EMOTIONS, confident_prob=threshold)


def fit_head(features: NDArray[np.float32], groups: NDArray[np.bool_]) -> Linear:
    """(n, width) features and (n, 7) emotions to logits; a comment with several counts in parts for each."""
    row, emotion = np.nonzero(groups)
    weight = (1 / groups.sum(axis=1))[row]
    penalty = PENALTY / len(groups)
    return fit_linear(features[row], emotion, len(TEXT_EMOTIONS), penalty=penalty, weight=weight, steps=STEPS)


def export_head(head: Linear, temperature: float, target: Path) -> str:
    """Writes `features` (n, width) → `text_emotion_prob` (n, 7); returns the file's sha256."""
    width, classes = head.weights.shape
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    text_emotion (float[n, {width}] features) => (float[n, {classes}] text_emotion_prob)
    {{
        product = MatMul(features, weights)
        logits = Add(product, bias)
        text_emotion_prob = Softmax <axis = 1> (logits)
    }}
    """
    weights = {"weights": head.weights / temperature, "bias": head.bias / temperature}
    return write_graph(text, weights, target)


def _features(comments: Comments, embedder: SentenceEmbedder, progress: Progress, stage: str) -> NDArray[np.float32]:
    parts = []
    for start in range(0, len(comments), AT_ONCE):
        progress(stage, start / len(comments), f"{start} of {len(comments)}")
        parts.append(embedder.features(comments.texts[start : start + AT_ONCE]))
    progress(stage, 1.0)
    return np.concatenate(parts)


def _session(file: Path) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda features: np.asarray(session.run(None, {"features": features})[0], np.float32)


def _timed(
    judge: Callable[[NDArray[np.float32]], NDArray[np.float32]], row: NDArray[np.float32], stopwatch: Stopwatch
) -> NDArray[np.float32]:
    with stopwatch.item():
        return judge(row[None])
