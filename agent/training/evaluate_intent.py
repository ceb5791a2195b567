"""Measures how well intents are understood, by a domain pack's head or by one that is fitted on other data first."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from agent.core.errors import DataRejected
from agent.core.folders import cache_folder
from agent.core.understanding import Understanding
from agent.inference.runtime import Runtime
from agent.perception.text import IN_SCOPE_PROB, Head, SentenceEmbedder, shipped_head
from agent.training.evaluation import Evaluation, Stopwatch, evaluated
from agent.training.intent_head import OUTSIDE, fit_head
from agent.training.lines import Lines, labels, load_lines, together, understanding_of
from agent.training.pack_head import fitted, model_of, runs
from agent.training.progress import Progress, unheard
from agent.training.scores import Answers, separation


def evaluate_intent(
    data: Sequence[Path],
    runtime: Runtime,
    *,
    pack: Understanding | None = None,
    train: Path | None = None,
    progress: Progress = unheard,
) -> Evaluation:
    """Reads every line of CSV, JSON or YAML files with the head of `pack`, or with one that is fitted on `train` first.

    Of a file with several splits "test" is read, else "val"; of `train`, "train". Accuracy is that of the lines that
    belong to an intent. Raises `DataRejected` for data of another form, or with intents that the head does not know.
    """
    lines = together(_held_out(file) for file in data)
    if not lines.names:
        files = ", ".join(map(str, data)) or "no file"
        raise DataRejected(f"{files} holds no line that belongs to an intent, so there is no accuracy to measure")
    embedder = SentenceEmbedder(runtime, language="en" if pack is None else pack.language)
    names, head = _head(pack, train, runtime, embedder)
    label = labels(lines, names)
    stopwatch, probs, scopes = Stopwatch(), [], []
    for done, text in enumerate(lines.texts):
        progress("lines", done / len(lines), f"{done} of {len(lines)}")
        with stopwatch.item():
            prob, in_scope = head(embedder.features([text]))
        probs.append(prob)
        scopes.append(in_scope)
    progress("lines", 1.0)
    scope, known = np.concatenate(scopes).ravel(), label != OUTSIDE
    answers = Answers(prob=np.concatenate(probs)[known], label=label[known], names=names, confident_prob=IN_SCOPE_PROB)
    return msgspec.structs.replace(
        evaluated(answers, ms_per_item=stopwatch.median_ms),
        oos_auroc=separation(scope[known], scope[~known]) if not known.all() else None,
    )


def _head(
    pack: Understanding | None, train: Path | None, runtime: Runtime, embedder: SentenceEmbedder
) -> tuple[tuple[str, ...], Head]:
    """The intents and the head for them: the pack's, or one fitted on `train`."""
    if train is not None:
        examples = understanding_of(train)
        lines = Lines(texts=examples.texts, intents=examples.labels)
        return examples.intents, runs(fit_head(embedder.features(lines.texts), labels(lines, lines.names)))
    if pack is None:
        raise DataRejected("name a domain whose intents are meant, or give --train with a file that has them")
    model = model_of(runtime, pack)
    head = runs(fitted(pack, embedder, cache_folder())) if model is None else shipped_head(runtime, model)
    return pack.intents, head


def _held_out(data: Path) -> Lines:
    try:
        return load_lines(data, "test")
    except DataRejected:
        return load_lines(data, "val")
