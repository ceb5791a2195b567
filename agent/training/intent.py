"""Trains the intent head of the shop on labelled lines and writes it as ONNX, for `agent train intent`."""

import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

from agent.core.errors import DataRejected
from agent.inference.runtime import Runtime
from agent.perception.text import EMBEDDING_WIDTH, IN_SCOPE_PROB, INTENTS, SentenceEmbedder
from agent.training.evaluation import Stopwatch
from agent.training.graphs import write_graph
from agent.training.intent_head import OUTSIDE, IntentHead, fit_head
from agent.training.lines import Lines, load_lines
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers


def train(
    data: Path, out: Path, *, held_out: Path | None, runtime: Runtime, progress: Progress = unheard
) -> TrainingReport:
    """Fits on the lines of `data`, which have the intents of the shop, and judges by those of `held_out`. As
    `TrainingReport` says; it takes seconds, draws nothing by chance that a seed could change, and needs no checkpoint.
    """
    began_s = time.process_time()
    embedder, lines = SentenceEmbedder(runtime), _known(data, "train")
    unseen = None if held_out is None else _known(held_out, "test")
    progress("fitting", 0.0, f"{len(lines)} lines")
    sha256 = export_head(train_shop_head(embedder, lines), out)
    progress("fitting", 1.0)
    used = [DataUsed(file=data, items=len(lines), use="trained on; temperature and scope from lines held out in turn")]
    answers: dict[str, Answers] = {}
    stopwatch = Stopwatch()
    if unseen is not None and held_out is not None:
        answers["lines held out"] = _answers(out, unseen, embedder, stopwatch, progress)
        others = sum(intent is None for intent in unseen.intents)
        used.append(DataUsed(file=held_out, items=len(unseen), use=f"held out; {others} belong to no intent"))
    return TrainingReport(
        model="intent",
        out=out,
        sha256=sha256,
        seed=0,
        cpu_s=time.process_time() - began_s,
        data=tuple(used),
        held_out=answers,
        ms_per_item=stopwatch.median_ms if answers else None,
    )


def train_shop_head(embedder: SentenceEmbedder, lines: Lines) -> IntentHead:
    """A head for `INTENTS`, fitted on each line as it stands and as speech recognition may punctuate it."""
    texts, labels = [], []
    for text, intent in zip(lines.texts, lines.intents, strict=True):
        label = OUTSIDE if intent is None else INTENTS.index(intent)
        for written in sorted({text, bare(text), f"{bare(text).capitalize()}."}):
            texts.append(written)
            labels.append(label)
    return fit_head(embedder.embed(texts), np.array(labels), groups=_groups(texts))


def bare(text: str) -> str:
    """The line in lower case without the marks that a recogniser may or may not set."""
    return text.lower().replace(",", "").strip(" .?!")


def export_head(head: IntentHead, target: Path) -> str:
    """Writes `embedding` (n, 384) → `intent_prob` (n, intents), `in_scope_prob` (n, 1); returns the file's sha256."""
    classes = head.linear.bias.size
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    intent (float[n, {EMBEDDING_WIDTH}] embedding) => (float[n, {head.intents}] intent_prob, float[n, 1] in_scope_prob)
    {{
        product = MatMul(embedding, weights)
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
        inside_cosines = MatMul(embedding, inside)
        nearest_inside = ReduceMax <axes = [1], keepdims = 1> (inside_cosines)
        outside_cosines = MatMul(embedding, outside)
        nearest_outside = ReduceMax <axes = [1], keepdims = 1> (outside_cosines)
        evidence = Concat <axis = 1> (best_log, nearest_inside, nearest_outside)
        weighed = MatMul(evidence, scope_weights)
        scope_logit = Add(weighed, scope_bias)
        in_scope_prob = Sigmoid(scope_logit)
    }}
    """
    weights = {
        "weights": head.linear.weights.reshape(EMBEDDING_WIDTH, classes),
        "bias": head.linear.bias,
        "temperature": np.array(head.temperature),
        "inside": head.inside.T,
        "outside": head.outside.T,
        "scope_weights": head.scope_weights.reshape(3, 1),
        "scope_bias": np.array([head.scope_bias]),
    }
    return write_graph(text, weights, target)


def _groups(texts: list[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) the same number for spellings of one line, so that they are held out together."""
    spoken = [bare(text) for text in texts]
    return np.unique(spoken, return_inverse=True)[1].astype(np.int64)


def _known(path: Path, split: str) -> Lines:
    """Lines of the shop's intents; raises `DataRejected` for others, and when lines to train on lack an intent."""
    lines = load_lines(path, split)
    strange, missing = sorted(set(lines.names) - set(INTENTS)), sorted(set(INTENTS) - set(lines.names))
    if strange:
        raise DataRejected(f"{path} has intents that the shop does not know: {', '.join(strange[:5])}")
    if missing and (split == "train" or not lines.names):
        raise DataRejected(f"{path} has no line for {', '.join(missing)}")
    return lines


def _answers(file: Path, lines: Lines, embedder: SentenceEmbedder, stopwatch: Stopwatch, progress: Progress) -> Answers:
    """What the new file says of lines that belong to an intent."""
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    prob, label = [], []
    for done, (text, intent) in enumerate(zip(lines.texts, lines.intents, strict=True)):
        progress("held out", done / len(lines))
        if intent is not None:
            with stopwatch.item():
                prob.append(session.run(["intent_prob"], {"embedding": embedder.embed([text])})[0])
            label.append(INTENTS.index(intent))
    progress("held out", 1.0)
    return Answers(prob=np.concatenate(prob), label=np.array(label), names=INTENTS, confident_prob=IN_SCOPE_PROB)
