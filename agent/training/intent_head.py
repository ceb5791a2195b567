"""A linear intent classifier on sentence embeddings that also knows what it was never asked to know."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.training.softmax import Floats, Linear, fit_linear, fit_temperature, softmax

FOLDS = 5
FEW = 4_000
"""Up to so many lines every fold is held out in turn; of more, one fold says enough."""
PENALTY = 0.1
"""Over the number of lines: the more there are, the less weights need to be held back. Chosen on CLINC150's and
banking77's training lines and by cross-validation on our own."""
OUTSIDE = -1
"""Label of lines that belong to no intent."""

UNTAUGHT_SCOPE = (np.array([1.0, 6.0, 0.0]), -3.0)
"""Weights of the evidence for being in scope, and bias, where no out-of-scope lines teach better ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentHead:
    """Embeddings (n, 384) of unit length → intents and whether they are in scope.

    Evidence for being in scope: the logarithm of the best intent's probability, and the cosines of the nearest example
    inside and outside the scope.
    """

    linear: Linear
    """One class an intent, and one more for everything outside when there were examples of it."""
    intents: int
    temperature: float
    inside: Floats
    """(m, 384) examples of the intents."""
    outside: Floats
    """(o, 384) examples that belong to none; may be empty."""
    scope_weights: Floats
    """(3,) weights of the evidence."""
    scope_bias: float

    def intent_prob(self, embeddings: NDArray[np.floating]) -> Floats:
        """(n, intents) summing to one: which intent it is if it is one."""
        return softmax(self.linear.logits(embeddings)[:, : self.intents] / self.temperature)

    def in_scope_prob(self, embeddings: NDArray[np.floating]) -> Floats:
        """(n,) probability that it is one of the intents."""
        return _sigmoid(self.evidence(embeddings) @ self.scope_weights + self.scope_bias)

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
                inside=arrays["inside"],
                outside=arrays["outside"],
                scope_weights=arrays["scope_weights"],
                scope_bias=float(arrays["scope_bias"]),
            )

    def evidence(self, embeddings: NDArray[np.floating]) -> Floats:
        """(n, 3) as the class describes."""
        prob = softmax(self.linear.logits(embeddings))[:, : self.intents].max(axis=1)
        return np.column_stack([np.log(prob), _nearest(embeddings, self.inside), _nearest(embeddings, self.outside)])


def fit_head(
    embeddings: NDArray[np.floating], label: NDArray[np.integer], *, groups: NDArray[np.integer] | None = None
) -> IntentHead:
    """Fits on lines of intents 0, 1, … and of `OUTSIDE`.

    Temperature and scope weights come from lines held out in turn, since on its own lines a head is too sure. `groups`
    (n,) names lines that are held out together.
    """
    intents = int(label.max()) + 1
    fold = _folds(np.arange(len(label)) if groups is None else groups)
    logits, evidence, answers = [], [], []
    for turn in range(FOLDS if len(label) <= FEW else 1):
        kept, held = fold != turn, fold == turn
        head = _fit_once(embeddings[kept], label[kept], intents)
        logits.append(head.linear.logits(embeddings[held])[:, :intents])
        evidence.append(head.evidence(embeddings[held]))
        answers.append(label[held])
    answer = np.concatenate(answers)
    known = answer != OUTSIDE
    temperature = fit_temperature(np.concatenate(logits)[known], answer[known])
    head = _fit_once(embeddings, label, intents)
    weights, bias = _fit_scope(np.concatenate(evidence), known)
    return IntentHead(
        linear=head.linear,
        intents=intents,
        temperature=temperature,
        inside=head.inside,
        outside=head.outside,
        scope_weights=weights,
        scope_bias=bias,
    )


def _fit_once(embeddings: NDArray[np.floating], label: NDArray[np.integer], intents: int) -> IntentHead:
    known = label != OUTSIDE
    classes = intents if known.all() else intents + 1
    linear = fit_linear(embeddings, np.where(known, label, intents), classes, penalty=PENALTY / len(label))
    weights, bias = UNTAUGHT_SCOPE
    return IntentHead(
        linear=linear,
        intents=intents,
        temperature=1.0,
        inside=embeddings[known].astype(np.float64),
        outside=embeddings[~known].astype(np.float64),
        scope_weights=weights,
        scope_bias=bias,
    )


def _fit_scope(evidence: Floats, known: NDArray[np.bool_]) -> tuple[Floats, float]:
    if known.all():
        return UNTAUGHT_SCOPE
    balance = np.where(known, 0.5 / known.sum(), 0.5 / (~known).sum())
    two = fit_linear(evidence, known.astype(np.int64), 2, penalty=1e-4, weight=balance)
    return two.weights[:, 1] - two.weights[:, 0], float(two.bias[1] - two.bias[0])


def _nearest(embeddings: NDArray[np.floating], examples: Floats) -> Floats:
    if not len(examples):
        return np.zeros(len(embeddings))
    parts = [(embeddings[row : row + 512] @ examples.T).max(axis=1) for row in range(0, len(embeddings), 512)]
    return np.concatenate(parts)


def _folds(groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """(n,) fold of each row, drawn by group."""
    members = np.unique(groups, return_inverse=True)[1]
    return np.random.default_rng(5).integers(0, FOLDS, size=int(members.max()) + 1)[members]


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
