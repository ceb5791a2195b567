"""Measures how well intents are understood, by the shop's head or by one that is fitted on other data first."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.inference.runtime import Runtime
from agent.perception.text import IN_SCOPE_PROB, INTENTS, SentenceEmbedder
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.intent_head import OUTSIDE, fit_head
from agent.training.lines import Lines, load_lines
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers, separation


def evaluate_intent(
    data: Path, runtime: Runtime, *, train: Path | None = None, progress: Progress = unheard
) -> Evaluation:
    """Reads every line of a CSV, JSON or YAML file with the shop's head, or with one that is fitted on `train` first.

    Of a file with several splits "test" is read, else "val"; of `train`, "train". Accuracy is that of the lines that
    belong to an intent. Raises `DataRejected` for data of another form, or with intents that the head does not know.
    """
    lines = _held_out(data)
    if not lines.names:
        raise DataRejected(f"{data} holds no line that belongs to an intent, so there is no accuracy to measure")
    embedder = SentenceEmbedder(runtime)
    names, head = _head(train, runtime, embedder)
    label = _labels(lines, names)
    stopwatch, probs, scopes = Stopwatch(), [], []
    for done, text in enumerate(lines.texts):
        progress("lines", done / len(lines), f"{done} of {len(lines)}")
        with stopwatch.item():
            prob, in_scope = head(embedder.embed([text]))
        probs.append(prob)
        scopes.append(in_scope)
    progress("lines", 1.0)
    scope, known = np.concatenate(scopes).ravel(), label != OUTSIDE
    answers = Answers(prob=np.concatenate(probs)[known], label=label[known], names=names, confident_prob=IN_SCOPE_PROB)
    return msgspec.structs.replace(
        evaluated(answers, ms_per_item=stopwatch.median_ms),
        oos_auroc=separation(scope[known], scope[~known]) if not known.all() else None,
    )


Head = Callable[[NDArray[np.float32]], tuple[NDArray[np.floating], NDArray[np.floating]]]
"""(n, intents) probabilities and (n,) or (n, 1) probabilities of being in scope, of (n, 384) embeddings."""


def _head(train: Path | None, runtime: Runtime, embedder: SentenceEmbedder) -> tuple[tuple[str, ...], Head]:
    """The intents and the head for them: the shipped one, or one fitted on `train`."""
    if train is None:
        shipped = runtime.open("intent")

        def run(embeddings: NDArray[np.float32]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
            prob, in_scope = shipped.run(embeddings)
            return prob, in_scope

        return INTENTS, run
    examples = load_lines(train, "train")
    fitted = fit_head(embedder.embed(examples.texts), _labels(examples, examples.names))
    return examples.names, lambda embeddings: (fitted.intent_prob(embeddings), fitted.in_scope_prob(embeddings))


def _held_out(data: Path) -> Lines:
    try:
        return load_lines(data, "test")
    except DataRejected:
        return load_lines(data, "val")


def _labels(lines: Lines, names: tuple[str, ...]) -> NDArray[np.int64]:
    unknown = sorted({intent for intent in lines.intents if intent is not None and intent not in names})
    if unknown:
        raise DataRejected(
            f"intents that the model does not know: {', '.join(unknown[:5])}; give --train with a file that has them"
        )
    return np.array([OUTSIDE if intent is None else names.index(intent) for intent in lines.intents], dtype=np.int64)
