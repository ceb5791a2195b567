"""Trains the gesture head on hand landmarks and writes it as ONNX, for `agent train gesture`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.core.types import GESTURES
from agent.perception import gesture as features_of_hands
from agent.perception.gesture import FEATURES, gesture_features, name_sign
from agent.training import perceptron
from agent.training.graphs import write_graph
from agent.training.hands import NONE, Hands, load_hands
from agent.training.kept import KeptPerceptrons
from agent.training.perceptron import Floats, Perceptron, fit_perceptron
from agent.training.progress import DataUsed, Progress, TrainingReport, unheard
from agent.training.scores import Answers
from agent.training.softmax import fit_temperature, softmax

HIDDEN = (128, 64)
MEMBERS = 3
EPOCHS = 180
FOLDS = 5
EARLY = 0.7
"""Share of the hands at odd angles that may be trained on: they were filmed one after another."""

TILT_RAD = 0.25
TILT_MORE_RAD = 0.5
SPIN_RAD = 0.12
SPIN_MORE_RAD = 0.35
JITTER = 0.015
"""Deviation of landmarks in palm lengths."""
WRONG_SIDE = 0.05
"""Share of hands that are shown as the other hand, as the side is sometimes read wrongly."""
ANY_ANGLE = tuple(GESTURES.index(name) for name in ("open_palm", "fist", "victory", "pointing", "ok"))
"""Signs that stay themselves however the hand is turned in the picture; a turned thumb says something else."""
MORE_TURNED, MORE_ANGLES = 500, 600
"""Hands added to each epoch: turned further than they were seen, and from the set of odd angles."""
FALSE_SIGNS = 0.01
"""Share of held-out hands without a sign that may be taken for one; the threshold from which signs are named is the
lowest that keeps to it."""

Take = Callable[[str, Callable[[], Perceptron]], Perceptron]
"""Gives the perceptron of a name, and trains it by the function if it is not there yet."""


def train(
    data: Path,
    work: Path,
    out: Path,
    *,
    seed: int = 0,
    progress: Progress = unheard,
    angles: Path | None = None,
) -> TrainingReport:
    """Trains on the hands of `data`, and on the first of each sign of `angles`, which are hands seen from odd angles in
    the order of filming. As `TrainingReport` says; perceptrons that are done are kept in `work`."""
    hands = load_hands(data)
    odd = None if angles is None else load_hands(angles)
    early = None if odd is None else odd.take(first_of_each(odd, EARLY))
    code = [Path(module.__file__ or "") for module in (features_of_hands, perceptron)]
    kept = KeptPerceptrons(
        work,
        files=[data, *([] if angles is None else [angles]), *code, Path(__file__)],
        settings=f"seed {seed}, epochs {EPOCHS}",
        expected=FOLDS + MEMBERS,
        progress=progress,
    )
    logits = held_out_logits(hands, early, seed=seed, take=kept.take)
    temperature = fit_temperature(logits, hands.sign)
    prob = softmax(logits / temperature)
    threshold = sign_threshold(prob, hands.sign)
    members = train_members(hands, early, seed=seed, take=kept.take)
    held_out = {"each by one perceptron that saw no hand of its picture": answers(prob, hands.sign, threshold)}
    used = [DataUsed(file=data, items=len(hands), use="trained on; each held out once, in five folds by picture")]
    if odd is not None and early is not None and angles is not None:
        late = odd.take(~first_of_each(odd, EARLY))
        prob = softmax(member_logits(members, late) / temperature)
        held_out["odd angles"] = answers(prob, late.sign, threshold)
        used.append(DataUsed(file=angles, items=len(early), use=f"trained on: the first {EARLY:.0%} of each sign"))
        used.append(DataUsed(file=angles, items=len(late), use="held out: the rest of each sign"))
    return TrainingReport(
        model="gesture",
        out=out,
        sha256=export_members(members, temperature, out),
        seed=seed,
        cpu_s=kept.cpu_s,
        data=tuple(used),
        held_out=held_out,
        notes={"temperature": f"{temperature:.3f}"},
    )


def sign_threshold(prob: NDArray[np.floating], sign: NDArray[np.int64]) -> float:
    """The lowest probability, to two places and from 0.5 on, that keeps to `FALSE_SIGNS`; 0.99 if none does."""
    none = prob[sign == NONE, :NONE].max(axis=1)
    kept = (step / 100 for step in range(50, 99) if not len(none) or (none >= step / 100).mean() <= FALSE_SIGNS)
    return next(kept, 0.99)


def answers(prob: NDArray[np.floating], sign: NDArray[np.int64], threshold: float) -> Answers:
    """What the program says of hands with (n, 9) probabilities: signs from `threshold` on."""
    said = np.array([GESTURES.index(name_sign(row, threshold)[0]) for row in prob], dtype=np.int64)
    return Answers(prob=prob, label=sign, names=GESTURES, confident_prob=threshold, said=said)


def at_once(name: str, fit: Callable[[], Perceptron]) -> Perceptron:
    """The `Take` that keeps nothing."""
    return fit()


def train_members(
    hands: Hands,
    angles: Hands | None,
    count: int = MEMBERS,
    *,
    seed: int = 0,
    name: str = "member",
    take: Take = at_once,
) -> list[Perceptron]:
    """Several perceptrons that differ in seed; their mean logits are the model."""
    sampler = _sampler(hands, angles)
    fit = partial(fit_perceptron, sampler, len(GESTURES), HIDDEN, epochs=EPOCHS)
    return [take(f"{name} {each + 1}", partial(fit, seed=seed + each)) for each in range(count)]


def held_out_logits(hands: Hands, angles: Hands | None, *, seed: int = 0, take: Take = at_once) -> Floats:
    """(n, 9) logits for each hand by a single perceptron that saw no hand of its picture."""
    fold = np.random.default_rng(2026).integers(0, FOLDS, int(hands.source.max()) + 1)[hands.source]
    logits = np.zeros((len(hands), len(GESTURES)), dtype=np.float32)
    for turn in range(FOLDS):
        members = train_members(
            hands.take(fold != turn), angles, 1, seed=seed, name=f"fold {turn + 1}, member", take=take
        )
        logits[fold == turn] = member_logits(members, hands.take(fold == turn))
    return logits


def member_logits(members: list[Perceptron], hands: Hands) -> Floats:
    """(n, 9) mean logits for the hands as they are; hands of unknown side are read as both."""
    sides = [hands.left] if hands.left is not None else [np.zeros(len(hands), bool), np.ones(len(hands), bool)]
    features = [gesture_features(hands.points[..., :2], side) for side in sides]
    return np.asarray(np.mean([member.logits(each) for member in members for each in features], axis=0))


def export_members(members: list[Perceptron], temperature: float, target: Path) -> str:
    """Writes `features` (n, 59) → `gesture_prob` (n, 9) as one perceptron of which each member is a block; returns the
    file's sha256."""
    first = members[0]
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
    assert len(first.weights) == 3
    return write_graph(text, weights, target)


def turned(hands: Hands, rng: np.random.Generator, *, tilt_rad: float, spin_rad: float) -> Hands:
    """The hands seen from elsewhere: tilted in depth, spun in the picture, landmarks shaken, sides now and then wrong.
    Hands without depth tilt like a flat picture."""
    count = len(hands)
    placed = hands.points - hands.points[:, :1]
    placed = np.einsum("nij,npj->npi", _tilts(rng.normal(0, tilt_rad, (count, 2))), placed)
    angle = rng.normal(0, spin_rad, count)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = placed[..., 0], placed[..., 1]
    points = np.stack([cosine * x - sine * y, sine * x + cosine * y, placed[..., 2]], axis=2)
    palm = np.linalg.norm(points[:, 9, :2], axis=1)[:, None, None]
    points = points + rng.normal(0, JITTER, points.shape) * palm
    known = hands.left if hands.left is not None else rng.random(count) < 0.5
    left = known ^ (rng.random(count) < WRONG_SIDE)
    return Hands(points=points.astype(np.float32), left=left, sign=hands.sign, source=hands.source)


def _sampler(hands: Hands, angles: Hands | None):  # type: ignore[no-untyped-def]
    any_angle = hands.take(np.isin(hands.sign, ANY_ANGLE))

    def sample(rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        parts = [turned(hands, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD)]
        more = any_angle.take(rng.integers(0, len(any_angle), MORE_TURNED))
        parts.append(turned(more, rng, tilt_rad=TILT_MORE_RAD, spin_rad=SPIN_MORE_RAD))
        if angles is not None:
            odd = angles.take(rng.integers(0, len(angles), MORE_ANGLES))
            parts.append(turned(odd, rng, tilt_rad=TILT_RAD, spin_rad=SPIN_RAD))
        features = [gesture_features(part.points[..., :2], part.left) for part in parts if part.left is not None]
        return np.concatenate(features), np.concatenate([part.sign for part in parts])

    return sample


def _tilts(angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3, 3) rotations about the upright and the level axis."""
    (cos_y, cos_x), (sin_y, sin_x) = np.cos(angle_rad).T, np.sin(angle_rad).T
    zero, one = np.zeros(len(angle_rad)), np.ones(len(angle_rad))
    upright = np.array([[cos_y, zero, sin_y], [zero, one, zero], [-sin_y, zero, cos_y]])
    level = np.array([[one, zero, zero], [zero, cos_x, -sin_x], [zero, sin_x, cos_x]])
    return np.asarray(np.moveaxis(upright, 2, 0) @ np.moveaxis(level, 2, 0))


def first_of_each(hands: Hands, share: float) -> NDArray[np.bool_]:
    """(n,) the first `share` of every sign's hands: the split for hands that were filmed one after another."""
    chosen = np.zeros(len(hands), dtype=bool)
    for sign in np.unique(hands.sign):
        rows = np.flatnonzero(hands.sign == sign)
        chosen[rows[: int(share * len(rows))]] = True
    return chosen
