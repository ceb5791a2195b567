"""A linear intent classifier on the features of lines that also knows what it was never asked to know."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.perception.text import EMBEDDING_WIDTH
from agent.training.softmax import Floats, Linear, fit_linear, fit_temperature, softmax

FOLDS = 5
FEW, ENOUGH = 4_000, 2
"""Up to so many lines every fold is held out in turn; of more, so many folds say enough."""
PENALTY = 0.02
"""Over the number of lines: the more there are, the less weights need to be held back. Chosen, like the features, by
cross-validation on banking77's training lines."""
STEPS = 100
"""Of the minimiser: what is gained afterwards is lost again on lines held out."""
ROWS_AT_ONCE = 512
OUTSIDE = -1
"""Label of lines that belong to no intent."""

MOST_EXAMPLES = 4_000
"""So many are compared with each line; of more, some of every intent, so that no line waits for it."""

UNTAUGHT_SCOPE = (np.array([2.0, 8.0, 6.0, 0.0]), -6.5)
"""Weights of the evidence for being in scope, and bias, where no out-of-scope lines teach better ones: about those that
CLINC150's teach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentHead:
    """Features (n, width) of lines, embeddings of unit length at their front → intents and whether they are in scope.

    Evidence for being in scope: the logarithm of the best intent's probability, the cosine of the nearest
    intent's mean, and the cosines of the embeddings that are nearest among examples inside and outside.
    """

    linear: Linear
    """One class an intent, and one more for everything outside when there were examples of it."""
    intents: int
    temperature: float
    centres: NDArray[np.float32]
    """(intents, width) of unit length: the direction of each intent's mean."""
    inside: NDArray[np.float32]
    """(m, 384) embeddings of examples of the intents."""
    outside: NDArray[np.float32]
    """(o, 384) embeddings of examples that belong to none; may be empty."""
    scope_weights: Floats
    """(4,) weights of the evidence."""
    scope_bias: float

    def read(self, features: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """(n, intents) summing to one: which intent it is if it is one; (n,) probability that it is one."""
        logits = self.linear.logits(features)
        scope = self._evidence(features, logits) @ self.scope_weights + self.scope_bias
        return softmax(logits[:, : self.intents] / self.temperature), _sigmoid(scope)

    def evidence(self, features: NDArray[np.floating]) -> Floats:
        """(n, 4) as the class describes."""
        return self._evidence(features, self.linear.logits(features))

    def _evidence(self, features: NDArray[np.floating], logits: Floats) -> Floats:
        prob = softmax(logits)[:, : self.intents].max(axis=1)
        embeddings = features[:, : self.inside.shape[1]]
        cosines = [_nearest(embeddings, self.inside), _nearest(embeddings, self.outside)]
        return np.column_stack([np.log(prob), _nearest(_unit(features), self.centres), *cosines])

    def save(self, file: Path) -> None:
        """Writes beside `file` and moves it there, so that a crash never leaves half of it. Raises `OSError`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_name(f"{file.stem}.{os.getpid()}.npz")
        np.savez(
            scratch,
            weights=self.linear.weights,
            bias=self.linear.bias,
            intents=self.intents,
            temperature=self.temperature,
            centres=self.centres,
            inside=self.inside,
            outside=self.outside,
            scope_weights=self.scope_weights,
            scope_bias=self.scope_bias,
        )
        scratch.replace(file)

    @classmethod
    def load(cls, file: Path) -> "IntentHead":
        """What `save` wrote. Raises `OSError`, `ValueError`, `KeyError` or `BadZipFile` for anything else."""
        with np.load(file) as arrays:
            return cls(
                linear=Linear(weights=arrays["weights"], bias=arrays["bias"]),
                intents=int(arrays["intents"]),
                temperature=float(arrays["temperature"]),
                centres=arrays["centres"],
                inside=arrays["inside"],
                outside=arrays["outside"],
                scope_weights=arrays["scope_weights"],
                scope_bias=float(arrays["scope_bias"]),
            )


def fit_head(
    features: NDArray[np.floating], label: NDArray[np.integer], *, groups: NDArray[np.integer] | None = None
) -> IntentHead:
    """Fits on lines of intents 0, 1, … and of `OUTSIDE`.

    Temperature and scope weights come from lines held out in turn, since on its own lines a head is too sure. `groups`
    (n,) names lines that are held out together.
    """
    intents = int(label.max()) + 1
    fold = _folds(np.arange(len(label)) if groups is None else groups)
    logits, evidence, answers = [], [], []
    for turn in range(FOLDS if len(label) <= FEW else ENOUGH):
        kept, held = fold != turn, fold == turn
        head = _fit_once(features[kept], label[kept], intents)
        logits.append(head.linear.logits(features[held])[:, :intents])
        evidence.append(head.evidence(features[held]))
        answers.append(label[held])
    answer = np.concatenate(answers)
    known = answer != OUTSIDE
    temperature = fit_temperature(np.concatenate(logits)[known], answer[known])
    head = _fit_once(features, label, intents)
    weights, bias = _fit_scope(np.concatenate(evidence), known)
    return IntentHead(
        linear=head.linear,
        intents=intents,
        temperature=temperature,
        centres=head.centres,
        inside=head.inside,
        outside=head.outside,
        scope_weights=weights,
        scope_bias=bias,
    )


def _fit_once(features: NDArray[np.floating], label: NDArray[np.integer], intents: int) -> IntentHead:
    known = label != OUTSIDE
    classes = intents if known.all() else intents + 1
    label = np.where(known, label, intents)
    linear = fit_linear(features, label, classes, penalty=PENALTY / len(label), steps=STEPS)
    rows, embeddings = _unit(features), features[:, :EMBEDDING_WIDTH].astype(np.float32)
    weights, bias = UNTAUGHT_SCOPE
    return IntentHead(
        linear=linear,
        intents=intents,
        temperature=1.0,
        centres=_unit(np.array([rows[label == intent].sum(axis=0) for intent in range(intents)])),
        inside=some(embeddings[known], label[known]),
        outside=embeddings[~known],
        scope_weights=weights,
        scope_bias=bias,
    )


def _fit_scope(evidence: Floats, known: NDArray[np.bool_]) -> tuple[Floats, float]:
    if known.all():
        return UNTAUGHT_SCOPE
    balance = np.where(known, 0.5 / known.sum(), 0.5 / (~known).sum())
    two = fit_linear(evidence, known.astype(np.int64), 2, penalty=1e-4, weight=balance)
    return two.weights[:, 1] - two.weights[:, 0], float(two.bias[1] - two.bias[0])


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """The directions of rows; one of no length has none and stays."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def some(embeddings: NDArray[np.float32], label: NDArray[np.integer]) -> NDArray[np.float32]:
    """All of the examples, or `MOST_EXAMPLES` of them, evenly from every intent."""
    if len(label) <= MOST_EXAMPLES:
        return embeddings
    by_intent = np.argsort(label, kind="stable")
    return embeddings[by_intent[np.linspace(0, len(label) - 1, MOST_EXAMPLES).astype(np.int64)]]


def _nearest(rows: NDArray[np.floating], examples: NDArray[np.floating]) -> Floats:
    """(n,) the largest dot product with any of the examples; 0 where there are none."""
    if not len(examples):
        return np.zeros(len(rows))
    parts = [
        (rows[start : start + ROWS_AT_ONCE] @ examples.T).max(axis=1) for start in range(0, len(rows), ROWS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _folds(groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """(n,) fold of each row, drawn by group."""
    members = np.unique(groups, return_inverse=True)[1]
    return np.random.default_rng(5).integers(0, FOLDS, size=int(members.max()) + 1)[members]


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
