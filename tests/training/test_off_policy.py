"""Judging a way of choosing by records of another: the truth is within reach, and broken records are named."""

import json
from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.training.off_policy import evaluate_choices, load_records, made_records, value

DOUBTS = 3.5


def test_the_truth_is_within_a_few_errors_of_the_estimate() -> None:
    """On made records, whose truth is known, for the bandit and for the recommender's order."""
    evaluation = evaluate_choices(None)
    for judged in evaluation.policies.values():
        assert judged.truth is not None
        assert abs(judged.doubly_robust - judged.truth) < DOUBTS * judged.standard_error
    assert evaluation.policies["bandit"].doubly_robust > evaluation.policies["recommender's first"].doubly_robust


def test_a_policy_that_does_what_was_done_is_worth_what_was_taken() -> None:
    """With one candidate there is nothing to choose, so every estimate is the plain share."""
    records = [one for one in made_records(400, seed=2) if one.chosen == 0]
    alone = [type(one)(candidates=one.candidates[:1], chosen=0, probability=1.0, taken=one.taken) for one in records]
    judged = value(lambda candidates: 0, alone, np.zeros(alone[0].candidates.shape[1]))
    share = sum(one.taken for one in alone) / len(alone)
    assert (judged.ips, judged.snips, judged.doubly_robust) == pytest.approx((share, share, share))
    assert judged.truth is None


def test_records_of_ones_own_are_read(tmp_path: Path) -> None:
    """JSON lines with any number of features are judged, without a truth."""
    lines = [
        {"candidates": [[1.0, 0.2], [1.0, 0.9]], "chosen": n % 2, "probability": 0.5, "taken": n % 2} for n in range(80)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    evaluation = evaluate_choices(path)
    assert (evaluation.records, evaluation.shown, evaluation.remarks) == (40, 0.5, ())
    assert evaluation.policies["bandit"].ips == pytest.approx(1.0)
    assert evaluation.policies["recommender's first"].ips == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 1: no record"),
        ('{"candidates": [[1]], "chosen": 1, "probability": 0.5, "taken": 0}', "line 1: candidates must be rows"),
        ('{"candidates": [[1]], "chosen": 0, "probability": 0, "taken": 0}', "probability above 0"),
        ('{"candidates": [[1]], "chosen": 0, "taken": 0}', "line 1: no record"),
    ],
)
def test_a_broken_record_is_named_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    """The reader learns which line is wrong."""
    path = tmp_path / "log.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(DataRejected, match=said):
        load_records(path)
