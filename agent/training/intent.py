"""Trains the intent head of a domain pack and writes it as ONNX, for `agent train intent`."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from agent.core.errors import DataRejected
from agent.core.understanding import Understanding
from agent.inference.runtime import Runtime
from agent.perception.text import IN_SCOPE_PROB, SentenceEmbedder
from agent.training.evaluation import Stopwatch
from agent.training.graphs import write_graph
from agent.training.intent_head import OUTSIDE, IntentHead
from agent.training.lines import Lines, labels, load_lines, together
from agent.training.pack_head import fit_understanding, head_name
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers


def train(
    understanding: Understanding,
    out: Path,
    *,
    files: Sequence[Path],
    held_out: Sequence[Path],
    runtime: Runtime,
    progress: Progress = unheard,
) -> TrainingReport:
    """Fits on the examples of `understanding`, which stand in `files`, and judges by the lines of `held_out`. As
    `TrainingReport` says; it takes seconds, draws nothing by chance that a seed could change, and needs no checkpoint.

    Raises `DataRejected` when an intent has no example, or a held-out line has an intent that is not among them.
    """
    began_s = time.process_time()
    missing = sorted(set(understanding.intents) - set(understanding.labels))
    if missing:
        raise DataRejected(f"{understanding.name} has no example of {', '.join(missing)}")
    embedder = SentenceEmbedder(runtime, language=understanding.language)
    unseen = together(load_lines(file, "test") for file in held_out)
    label = labels(unseen, understanding.intents)
    progress("fitting", 0.0, f"{len(understanding.texts)} lines")
    sha256 = export_head(fit_understanding(understanding, embedder), out)
    progress("fitting", 1.0)
    use = "trained on; temperature and scope from lines held out in turn"
    used = [DataUsed(file=file, items=len(load_lines(file, "train")), use=use) for file in files]
    answers: dict[str, Answers] = {}
    stopwatch = Stopwatch()
    if unseen.names:
        answers["lines held out"] = _answers(out, unseen, label, understanding, embedder, stopwatch, progress)
        used += [DataUsed(file=file, items=len(load_lines(file, "test")), use="held out") for file in held_out]
    return TrainingReport(
        model=head_name(understanding),
        out=out,
        sha256=sha256,
        seed=0,
        cpu_s=time.process_time() - began_s,
        data=tuple(used),
        held_out=answers,
        ms_per_item=stopwatch.median_ms if answers else None,
        notes={"classes": ", ".join(understanding.intents), "examples": understanding.digest},
    )


def export_head(head: IntentHead, target: Path) -> str:
    """Writes `features` (n, width) → `intent_prob` (n, intents), `in_scope_prob` (n, 1); returns the file's sha256."""
    width, classes = head.linear.weights.shape
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    intent (float[n, {width}] features) => (float[n, {head.intents}] intent_prob, float[n, 1] in_scope_prob)
    {{
        product = MatMul(features, weights)
        logits = Add(product, bias)
        zero = Constant <value_ints = [0]> ()
        intents = Constant <value_ints = [{head.intents}]> ()
        columns = Constant <value_ints = [1]> ()
        inside_logits = Slice(logits, zero, intents, columns)
        cooled = Div(inside_logits, temperature)
        intent_prob = Softmax <axis = 1> (cooled)
        all_prob = Softmax <axis = 1> (logits)
        inside_prob = Slice(all_prob, zero, intents, columns)
        best_prob = ReduceMax <axes = [1], keepdims = 1> (inside_prob)
        best_log = Log(best_prob)
        length = ReduceL2 <axes = [1], keepdims = 1> (features)
        direction = Div(features, length)
        centre_cosines = MatMul(direction, centres)
        nearest_centre = ReduceMax <axes = [1], keepdims = 1> (centre_cosines)
        embedded = Constant <value_ints = [{head.inside.shape[1]}]> ()
        embedding = Slice(features, zero, embedded, columns)
        inside_cosines = MatMul(embedding, inside)
        nearest_inside = ReduceMax <axes = [1], keepdims = 1> (inside_cosines)
        outside_cosines = MatMul(embedding, outside)
        nearest_outside = ReduceMax <axes = [1], keepdims = 1> (outside_cosines)
        evidence = Concat <axis = 1> (best_log, nearest_centre, nearest_inside, nearest_outside)
        weighed = MatMul(evidence, scope_weights)
        scope_logit = Add(weighed, scope_bias)
        in_scope_prob = Sigmoid(scope_logit)
    }}
    """
    weights = {
        "weights": head.linear.weights,
        "bias": head.linear.bias,
        "temperature": np.array(head.temperature),
        "centres": head.centres.T,
        "inside": head.inside.T,
        "outside": (head.outside if len(head.outside) else np.zeros_like(head.inside[:1])).T,
        "scope_weights": head.scope_weights.reshape(4, 1),
        "scope_bias": np.array([head.scope_bias]),
    }
    return write_graph(text, weights, target)


def _answers(
    file: Path,
    lines: Lines,
    label: np.ndarray[tuple[int], np.dtype[np.int64]],
    understanding: Understanding,
    embedder: SentenceEmbedder,
    stopwatch: Stopwatch,
    progress: Progress,
) -> Answers:
    """What the new file says of lines that belong to an intent."""
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    known, prob = np.flatnonzero(label != OUTSIDE), []
    for done, position in enumerate(known):
        progress("held out", done / len(known))
        with stopwatch.item():
            features = embedder.features([lines.texts[position]])
            prob.append(session.run(["intent_prob"], {"features": features})[0])
    progress("held out", 1.0)
    return Answers(
        prob=np.concatenate(prob), label=label[known], names=understanding.intents, confident_prob=IN_SCOPE_PROB
    )
