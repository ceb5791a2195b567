"""Trains the intent head of the shop on the sentences in data/shop_intents.yaml and writes it as ONNX.

python -m agent.training.intent --out models_onnx/text/intent.onnx
"""

import argparse
from pathlib import Path

import numpy as np

from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import EMBEDDING_WIDTH, INTENTS, SentenceEmbedder
from agent.training.graphs import write_graph
from agent.training.intent_head import OUTSIDE, IntentHead, fit_head
from agent.training.lines import SHOP_LINES, Lines, load_lines


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=Path, default=SHOP_LINES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ModelSettings().folder)
    arguments = parser.parse_args()
    embedder = SentenceEmbedder(Runtime(Registry.load(arguments.models), "cpu"))
    head = train_shop_head(embedder, load_lines(arguments.lines, "train"))
    print(f"{arguments.out} sha256 {export_head(head, arguments.out)}")


if __name__ == "__main__":
    main()
