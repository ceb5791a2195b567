"""What another way of choosing would have been worth, from records of choices that were made with known probability.

Inverse propensity scoring, its self-normalised form, and the doubly robust estimate (Dudík, Langford, Li, "Doubly
Robust Policy Evaluation and Learning", ICML 2011), whose model of rewards is fitted on records other than those it is
used on.
"""

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.errors import DataRejected
from agent.dialogue.bandit import learn
from agent.dialogue.domains.shop.suggestions import CANDIDATES, FEATURES, PRIOR

Policy = Callable[[NDArray[np.float64]], int]
"""From (k, d) features of the candidates to the one that comes first."""

RIDGE = 1.0
MADE_RECORDS, MADE_SEED = 6_000, 7
MADE_TRUTH = (-2.6, 0.8, 0.3, -0.9, 1.4)
"""What really makes a made customer take a thing, in log-odds a unit of feature; nothing that learns is told it."""
FEWEST_RECORDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One choice that was shown to a customer."""

    candidates: NDArray[np.float64]
    """(k, d) features."""
    chosen: int
    probability: float
    taken: float
    chances: NDArray[np.float64] | None = None
    """(k,): the true probability of each to be taken, known of made records only."""


class PolicyValue(msgspec.Struct, frozen=True, kw_only=True):
    """Share of proposals that would be taken."""

    ips: float
    snips: float
    doubly_robust: float
    standard_error: float
    """Of the doubly robust estimate."""
    truth: float | None
    """Known of made records only."""


class OffPolicyEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    records: int
    """On which the policies are judged; as many others were learnt from."""
    shown: float
    """Share that was taken of what was really shown."""
    policies: dict[str, PolicyValue]
    remarks: tuple[str, ...]


def evaluate_choices(log: Path | None) -> OffPolicyEvaluation:
    """The bandit, learnt from the first half of the records, beside taking the recommender's first, on the second half.

    Raises `DataRejected` for a file that holds no records, or too few.
    """
    records = made_records(MADE_RECORDS, MADE_SEED) if log is None else load_records(log)
    if len(records) < FEWEST_RECORDS:
        raise DataRejected(f"{log}: {len(records)} records are too few to judge by; {FEWEST_RECORDS} are needed")
    if len({one.candidates.shape[1] for one in records}) > 1:
        raise DataRejected(f"{log}: the candidates of all records must have the same number of features")
    past, judged = records[: len(records) // 2], records[len(records) // 2 :]
    width = judged[0].candidates.shape[1]
    prior = PRIOR if width == FEATURES else (0.0,) * width
    bandit = learn([one.candidates[one.chosen] for one in past], [one.taken for one in past], prior)
    policies: dict[str, Policy] = {
        "bandit": lambda candidates: int(np.argmax(bandit.worth(candidates))),
        "recommender's first": lambda candidates: 0,
    }
    model = _reward_model(past)
    remark = "the records are made up by this program; give --log FILE for those of a real business"
    return OffPolicyEvaluation(
        records=len(judged),
        shown=float(np.mean([one.taken for one in judged])),
        policies={name: value(policy, judged, model) for name, policy in policies.items()},
        remarks=(remark,) if log is None else (),
    )


def value(policy: Policy, records: Sequence[Record], model: NDArray[np.float64]) -> PolicyValue:
    """What `policy` is worth by `records`; `model` (d,) tells rewards from features."""
    picks = [policy(one.candidates) for one in records]
    weights = np.array([(one.chosen == pick) / one.probability for one, pick in zip(records, picks, strict=True)])
    taken = np.array([one.taken for one in records])
    expected = np.array([one.candidates[pick] @ model for one, pick in zip(records, picks, strict=True)])
    of_shown = np.array([one.candidates[one.chosen] @ model for one in records])
    robust = expected + weights * (taken - of_shown)
    chances = [one.chances[pick] for one, pick in zip(records, picks, strict=True) if one.chances is not None]
    return PolicyValue(
        ips=float((weights * taken).mean()),
        snips=float((weights * taken).sum() / max(weights.sum(), 1e-12)),
        doubly_robust=float(robust.mean()),
        standard_error=float(robust.std(ddof=1) / math.sqrt(len(robust))),
        truth=float(np.mean(chances)) if len(chances) == len(records) else None,
    )


def _reward_model(records: Sequence[Record]) -> NDArray[np.float64]:
    rows = np.array([one.candidates[one.chosen] for one in records])
    gram = rows.T @ rows + RIDGE * np.eye(rows.shape[1])
    solved: NDArray[np.float64] = np.linalg.solve(gram, rows.T @ np.array([one.taken for one in records]))
    return solved


def made_records(count: int, seed: int) -> list[Record]:
    """Choices by chance among candidates as the shop describes them, taken as `MADE_TRUTH` says."""
    dice = random.Random(seed)
    return [_made_record(dice) for _ in range(count)]


def _made_record(dice: random.Random) -> Record:
    affinities = sorted((dice.random() for _ in range(CANDIDATES)), reverse=True)
    rows = [
        (1.0, affinity / affinities[0], 1 - place / CANDIDATES, dice.random(), float(dice.random() < 0.2))
        for place, affinity in enumerate(affinities)
    ]
    chances = [1 / (1 + math.exp(-sum(map(float.__mul__, MADE_TRUTH, row)))) for row in rows]
    chosen = dice.randrange(CANDIDATES)
    return Record(
        candidates=np.array(rows),
        chosen=chosen,
        probability=1 / CANDIDATES,
        taken=float(dice.random() < chances[chosen]),
        chances=np.array(chances),
    )


def load_records(path: Path) -> list[Record]:
    """JSON lines of `candidates` (features of each), `chosen`, `probability` and `taken`.

    Raises `DataRejected`, which names the line, for one that is none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise DataRejected(f"{path} cannot be read: {fault}") from None
    return [_record(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _record(path: Path, number: int, line: str) -> Record:
    try:
        written: Mapping[str, object] = json.loads(line)
        candidates = np.array(written["candidates"], dtype=np.float64)
        chosen, probability = int(str(written["chosen"])), float(str(written["probability"]))
        taken = float(str(written["taken"]))
    except (ValueError, KeyError, TypeError) as fault:
        raise DataRejected(f"{path}, line {number}: no record of a choice ({fault})") from None
    if candidates.ndim != 2 or not 0 <= chosen < len(candidates) or not 0 < probability <= 1 or not 0 <= taken <= 1:
        raise DataRejected(
            f"{path}, line {number}: candidates must be rows of features, chosen one of them, probability above 0 and "
            "up to 1, taken 0 or 1"
        )
    return Record(candidates=candidates, chosen=chosen, probability=probability, taken=taken)
