"""Trains the gesture head on hand landmarks and writes it as ONNX."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.perception import hand_features
from agent.perception.hand_features import FEATURES, gesture_features
from agent.training import hand_poses, perceptron
from agent.training.graphs import write_graph
from agent.training.hand_poses import SignlessPoses, flattened, turned
from agent.training.hands import NONE, Hands, load_hands
from agent.training.kept import KeptPerceptrons, Take, at_once
from agent.training.perceptron import Floats, Perceptron, Sample, fit_perceptron
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers
from agent.training.softmax import fit_temperature, softmax

HIDDEN = (256, 128)
MEMBERS = 3
EPOCHS = 180
FOLDS = 5
EARLY = 0.7
"""Share of the hands at odd angles that may be trained on: they were filmed one after another."""
FALSE_SIGNS = 0.01
"""Share of hands without a sign that may be taken for one in a single picture; the threshold follows from it."""

TILT_RAD = 0.25
TILT_MORE_RAD = 0.5
SPIN_RAD = 0.12
SPIN_MORE_RAD = 0.35
FLAT = 0.3
"""Share of hands that are learnt without their depth, as data sets without it and doubtful depth ask for."""
ANY_ANGLE = tuple(GESTURES.index(name) for name in ("open_palm", "fist", "victory", "pointing", "ok"))
"""Signs that stay themselves however the hand is turned in the picture; a turned thumb says something else."""
MORE_TURNED, MORE_ANGLES, MORE_SIGNLESS = 500, 600, 400
"""Hands added to each epoch: turned further than they were seen, from the set of odd angles, and made up."""


def train(
    data: Path,
    work: Path,
    out: Path,
    *,
    minutes: float = 0,
    seed: int = 0,
    progress: Progress = unheard,
    angles: Path | None = None,
) -> TrainingReport:
    """Trains on the npz `data`, and on the early part of `angles`, hands in the order of filming; writes ONNX to `out`.

    The run has a fixed length; each perceptron is kept in `work` once it is trained. Raises `DataRejected` for data of
    another form, or without the hands' sides.
    """
    code = [Path(module.__file__ or "") for module in (hand_features, hand_poses, perceptron)]
    kept = KeptPerceptrons(
        work,
        files=[data, *([angles] if angles else []), Path(__file__), *code],
        settings=f"seed {seed}, epochs {EPOCHS}",
        expected=FOLDS + MEMBERS,
        progress=progress,
    )
    hands = load_hands(data)
    odd = load_hands(angles) if angles else None
    early = None if odd is None else odd.take(first_of_each(odd, EARLY))
    late = None if odd is None else odd.take(~first_of_each(odd, EARLY))
    logits = held_out_logits(hands, early, seed=seed, take=kept.take)
    temperature = fit_temperature(logits, hands.sign)
    prob = softmax(logits / temperature)
    threshold = sign_threshold(prob, hands.sign)
    members = train_members(hands, early, seed=seed, take=kept.take)
    sha256 = export_members(members, temperature, out)
    held_out = {f"hands of {data.name}, each judged by one perceptron that saw none of its picture": _answers(
        prob, hands.sign, threshold
    )}  # fmt: skip
    used = [DataUsed(file=data, items=len(hands), use="trained on, all of them")]
    if angles is not None and early is not None and late is not None:
        late_prob = softmax(member_logits(members, late) / temperature)
        held_out[f"the last hands of {angles.name}, at odd angles"] = _answers(late_prob, late.sign, threshold)
        used.append(DataUsed(file=angles, items=len(early), use="trained on, the first of each sign"))
    return TrainingReport(
        model="gesture",
        out=out,
        sha256=sha256,
        seed=seed,
        cpu_s=kept.cpu_s,
        data=tuple(used),
        held_out=held_out,
        notes={
            "temperature": f"{temperature:.3f}",
            "confident_prob for the manifest": f"{threshold:.2f}",
            "signs found": f"{np.mean((_said(prob, threshold) == hands.sign)[hands.sign != NONE]):.4f}",
            "hands without a sign taken for one": f"{false_signs(prob, hands.sign, threshold):.4f}",
        },
    )


def train_members(
    hands: Hands,
    angles: Hands | None,
    count: int = MEMBERS,
    *,
    seed: int = 0,
    name: str = "shipped",
    take: Take = at_once,
) -> list[Perceptron]:
    """Several perceptrons that differ in seed; their mean logits are the model."""
    fit = partial(fit_perceptron, _sampler(hands, angles), len(GESTURES), HIDDEN, epochs=EPOCHS)
    return [take(f"{name} {number + 1}", partial(fit, seed=seed + number)) for number in range(count)]


def held_out_logits(hands: Hands, angles: Hands | None, *, seed: int = 0, take: Take = at_once) -> Floats:
    """(n, 9) logits for each hand by a single perceptron that saw no hand of its picture."""
    fold = np.random.default_rng(2026).integers(0, FOLDS, int(hands.source.max()) + 1)[hands.source]
    logits = np.zeros((len(hands), len(GESTURES)), dtype=np.float32)
    for turn in range(FOLDS):
        rest = hands.take(fold != turn)
        members = train_members(rest, angles, count=1, seed=seed, name=f"without fifth {turn + 1}, number", take=take)
        logits[fold == turn] = member_logits(members, hands.take(fold == turn))
    return logits


def member_logits(members: list[Perceptron], hands: Hands) -> Floats:
    """(n, 9) mean logits for the hands as they are; hands of unknown side are read as both."""
    sides = [hands.left] if hands.left is not None else [np.zeros(len(hands), bool), np.ones(len(hands), bool)]
    features = [gesture_features(hands.points, side) for side in sides]
    return np.asarray(np.mean([member.logits(each) for member in members for each in features], axis=0))


def sign_threshold(prob: NDArray[np.floating], sign: NDArray[np.int64]) -> float:
    """The lowest probability, to two places, from which on no more than `FALSE_SIGNS` of the hands without a sign are
    taken for one; 1 where there is none."""
    hundredths = (step for step in range(50, 100) if false_signs(prob, sign, step / 100) <= FALSE_SIGNS)
    return next(hundredths, 100) / 100


def false_signs(prob: NDArray[np.floating], sign: NDArray[np.int64], threshold: float) -> float:
    """Share of the hands without a sign that are taken for one."""
    none = sign == NONE
    return float((_said(prob[none], threshold) != NONE).mean()) if none.any() else 0.0


def export_members(members: list[Perceptron], temperature: float, target: Path) -> str:
    """Writes `features` (n, 128) → `gesture_prob` (n, 9) as one perceptron of which each member is a block; returns the
    file's sha256."""
    widths = [len(members) * size for size in HIDDEN]
    text = f"""
    <ir_version: 10, opset_import: ["" : 17]>
    gesture (float[n, {FEATURES}] features) => (float[n, {len(GESTURES)}] gesture_prob)
    {{
        product1 = MatMul(features, weights1)
        sum1 = Add(product1, bias1)
        active1 = Relu(sum1)
        product2 = MatMul(active1, weights2)
        sum2 = Add(product2, bias2)
        active2 = Relu(sum2)
        product3 = MatMul(active2, weights3)
        sum3 = Add(product3, bias3)
        gesture_prob = Softmax <axis = 1> (sum3)
    }}
    """
    inner = np.zeros((widths[0], widths[1]))
    for place, member in enumerate(members):
        rows = slice(place * HIDDEN[0], (place + 1) * HIDDEN[0])
        inner[rows, place * HIDDEN[1] : (place + 1) * HIDDEN[1]] = member.weights[1]
    scaled = [member.weights[0] / member.deviation[:, None] for member in members]
    shifted = [m.biases[0] - m.mean @ each for m, each in zip(members, scaled, strict=True)]
    divisor = len(members) * temperature
    weights = {
        "weights1": np.concatenate(scaled, axis=1),
        "bias1": np.concatenate(shifted),
        "weights2": inner,
        "bias2": np.concatenate([member.biases[1] for member in members]),
        "weights3": np.concatenate([member.weights[2] for member in members]) / divisor,
        "bias3": np.sum([member.biases[2] for member in members], axis=0) / divisor,
    }
    return write_graph(text, weights, target)


def first_of_each(hands: Hands, share: float) -> NDArray[np.bool_]:
    """(n,) the first `share` of every sign's hands: the split for hands that were filmed one after another."""
    chosen = np.zeros(len(hands), dtype=bool)
    for sign in np.unique(hands.sign):
        rows = np.flatnonzero(hands.sign == sign)
        chosen[rows[: int(share * len(rows))]] = True
    return chosen


def _sampler(hands: Hands, angles: Hands | None) -> Sample:
    any_angle = hands.take(np.isin(hands.sign, ANY_ANGLE))
    signless = SignlessPoses(hands)

    def sample(rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        more = any_angle.take(rng.integers(0, len(any_angle), MORE_TURNED))
        parts = [
            turned(hands, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD),
            turned(more, rng, tilt_rad=TILT_MORE_RAD, spin_rad=SPIN_MORE_RAD),
            turned(signless.make(rng, MORE_SIGNLESS), rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD),
        ]
        if angles is not None:
            odd = angles.take(rng.integers(0, len(angles), MORE_ANGLES))
            parts.append(turned(odd, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD))
        parts = [flattened(part, rng, FLAT) for part in parts]
        features = [gesture_features(part.points, part.left) for part in parts if part.left is not None]
        return np.concatenate(features), np.concatenate([part.sign for part in parts])

    return sample


def _said(prob: NDArray[np.floating], threshold: float) -> NDArray[np.int64]:
    best = prob[:, :NONE].argmax(axis=1)
    return np.where(prob[:, :NONE].max(axis=1) >= threshold, best, NONE)


def _answers(prob: NDArray[np.floating], sign: NDArray[np.int64], threshold: float) -> Answers:
    return Answers(prob=prob, label=sign, names=GESTURES, confident_prob=threshold, said=_said(prob, threshold))
