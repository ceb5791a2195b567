"""Figures of many calls: whose feelings are hidden, how sure a share is, and what predicted scores are worth."""

import sys
from io import BytesIO
from typing import Any

import msgspec
import numpy as np
import pytest
from pyarrow import parquet

from agent.app.call_facts import CallFacts, Ends
from agent.app.call_tables import written
from agent.app.score_prediction import LEAST_SCORES, ScoreModel
from agent.app.trends import ComparedCall, compared, share_of, trends_of
from agent.core.errors import AgentError
from agent.storage.ended_calls import EndedCall
from agent.storage.history import StoredCall
from agent.transport.history_messages import Trends

TABLE = [{"name": "=1+1", "n": 1, "share": 0.5}, {"name": "你好", "n": 2, "share": None}]


def made(place: int, *, language: str = "en", change: float | None = 0.2, score: int | None = None) -> ComparedCall:
    call = StoredCall(
        id=f"c{place}", started_at=1_800_000_000.0 + place, ended_at=1_800_000_060.0 + place, ended_because=None,
        locale=language, customer=None, domain="shop", outcome="answered",
    )  # fmt: skip
    valence = None if change is None else Ends(start=0.0, end=change)
    facts = CallFacts(
        intents={"order_status": 1}, turns=1, interruptions=0, taken_over=False, valence=valence, frustration=None
    )
    summary = msgspec.json.encode(facts)
    [one] = compared([EndedCall(call=call, score=score, resolved=None, summary=summary, tracked=False)])
    return one


def told(calls: list[ComparedCall], **change: Any) -> Trends:
    asked: dict[str, Any] = dict(by="language", from_s=0.0, until_s=1.0, utc_offset_min=0, smallest_group=5, cut=False)
    return trends_of(calls, **asked | change)


def test_few_are_hidden_and_cannot_be_worked_out() -> None:
    """Of three groups one is too small: the smallest of the others goes with it, else the total would tell it."""
    sizes = {"en": 8, "zh": 6, "de": 2}
    calls = [made(10 * row + place, language=name) for row, name in enumerate(sizes) for place in range(sizes[name])]
    trends = told(calls)
    assert {group.name: group.hidden for group in trends.groups} == {"en": False, "zh": True, "de": True}
    assert [group.valence_change is None for group in trends.groups] == [False, True, True]
    assert trends.total.valence_change is not None and trends.total.valence_change.n == 16


def test_a_customer_who_calls_often_is_one_person() -> None:
    """Five calls of one customer are not five people; those of guests are."""
    guests = [made(place) for place in range(5)]
    stored = [msgspec.structs.replace(one.ended.call, customer="p1") for one in guests]
    often = compared(
        EndedCall(call=call, score=None, resolved=None, summary=one.ended.summary, tracked=False)
        for call, one in zip(stored, guests, strict=True)
    )
    assert not told(guests).total.hidden
    assert told(often).total.hidden


def test_days_are_those_of_who_looks() -> None:
    """Shortly after midnight in Zurich it is the day before in UTC."""
    near = made(0)
    assert [group.name for group in told([near], by="day").groups] == ["2027-01-15"]
    assert [group.name for group in told([near], by="day", utc_offset_min=16 * 60).groups] == ["2027-01-16"]


@pytest.mark.parametrize(
    ("yes", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_a_share_says_how_sure_it_is(yes: int, n: int, low: float, high: float) -> None:
    """Wilson's interval at 95 %, as published tables have it (Newcombe 1998, method 3)."""
    share = share_of([True] * yes + [False] * (n - yes))
    assert [share.low, share.high] == pytest.approx([low, high], abs=5e-4)


def test_scores_are_predicted_once_there_are_enough() -> None:
    """From calls whose score follows their end; it beats the mean there, and not where scores are chance."""
    random = np.random.default_rng(7)
    changes = random.uniform(-0.8, 0.8, 80).tolist()
    following = [
        made(place, change=change, score=min(5, max(1, round(3 + 2.4 * change))))
        for place, change in enumerate(changes)
    ]
    chance = [made(place, change=change, score=int(random.integers(1, 6))) for place, change in enumerate(changes)]
    worth = {name: ScoreModel.learnt(calls).worth for name, calls in (("following", following), ("chance", chance))}
    for name, beats in (("following", True), ("chance", False)):
        error, of_mean = worth[name].error, worth[name].error_of_mean
        assert error is not None and of_mean is not None
        assert (error.high < of_mean) is beats
    predicted = ScoreModel.learnt(following).mean_of([made(99, change=0.7)])
    assert predicted is not None and predicted.low < 4.5 < predicted.high
    assert ScoreModel.learnt(following[: LEAST_SCORES - 1]).mean_of([made(99)]) is None


def test_tables_have_the_same_rows_in_every_form() -> None:
    """A formula in a cell is a text there, and nothing else is changed."""
    assert written(TABLE, "csv").decode("utf-8-sig").splitlines() == ["name,n,share", "'=1+1,1,0.5", "你好,2,"]
    assert msgspec.json.decode(written(TABLE, "json")) == TABLE
    assert parquet.read_table(BytesIO(written(TABLE, "parquet"))).to_pylist() == TABLE


def test_parquet_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pyarrow is not installed, how to install it."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AgentError, match="--extra parquet"):
        written(TABLE, "parquet")
