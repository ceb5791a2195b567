"""Alerts outlive their call: what was raised, who saw to it and when it was over are told, found and exported."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agent.app.alerting import Alerting
from agent.app.exporting import Exporting
from agent.app.kept_alerts import KeptAlerts, RaisedAlert
from agent.app.kept_data import KeptData, opened_kept_data
from agent.app.past_calls import LookingBack
from agent.app.summaries import Summaries
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.lifecycle import CallState, EndReason
from agent.core.sentences import Sentence
from agent.core.settings import Settings, SupervisionSettings
from agent.core.settings.storage import StorageSettings
from agent.dialogue.protocol import Because
from agent.fusion.alerts import PersonAsked, Stands, ToolFailed
from agent.media.statistics import PeerStatistics
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.transport.history_forms import SearchWish
from agent.transport.history_messages import SearchHit
from agent.transport.hub import Hub
from tests.past_calls import Past, record

pytestmark = pytest.mark.timeout(60)


def no_statistics() -> PeerStatistics:
    raise AssertionError("time passes for no alert here")


def alerted(store: CallStore, clock: FakeClock) -> None:
    """A call in which a person is asked for and comes after a while, and tools fail after that, to the end."""
    hub, past, keeps = Hub(), Past(id="asked", lasts_s=1), KeptAlerts(store)
    hub.on_seen_to = keeps.seen_to
    store.record_call_started(past.id, past.consent, clock.wall_ns() / NS_PER_S)
    alerting = Alerting(
        past.id, SupervisionSettings(), no_statistics, clock=clock, hub=hub, on_raised=keeps.raised, on_over=keeps.over
    )
    clock.advance(ms=3_000)
    alerting.put(PersonAsked(reason="wants a person; write to jo@example.org"))
    clock.advance(ms=4_000)
    for name in ("ada@shop.example", "bob"):
        hub.acknowledge("asked-1", by=name, at_s=clock.wall_ns() / NS_PER_S)
    clock.advance(ms=500)
    alerting.put(Stands(state=CallState.TAKEN_OVER))
    clock.advance(ms=500)
    alerting.put(*[ToolFailed(words="orders does not answer")] * 2)
    store.record_call_ended(past.id, EndReason.CUSTOMER_LEFT)
    hub.acknowledge("asked-2", by="bob", at_s=clock.wall_ns() / NS_PER_S)


@pytest.fixture
async def kept(tmp_path: Path, clock: FakeClock) -> AsyncIterator[KeptData]:
    settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{tmp_path / 'agent.sqlite3'}"))
    async with CallStore.opened(settings.storage, await open_keyring(settings.storage), clock) as store:
        alerted(store, clock)
        record(store, clock, Past(id="quiet", lasts_s=5))
    assert store.dropped == 0
    async with opened_kept_data(settings, clock) as kept:
        yield kept


async def test_alerts_are_events_of_a_call_that_has_ended(kept: KeptData) -> None:
    """When each was raised, on what but no names, who saw to it first, and its end; nothing after the call."""
    story = await LookingBack(kept, Summaries(kept)).story("asked")
    assert [(event.at_s, event.kind, event.label, event.detail) for event in story.events] == [
        (3.0, "alert", "person_asked", "wants a person; write to [mail]"),
        (7.0, "alert_seen_to", "person_asked", "ada@shop.example"),
        (7.5, "alert_over", "person_asked", ""),
        (8.0, "alert", "tool_failed", "orders does not answer; orders does not answer"),
    ]
    assert [one.words for one in story.events[3].told_detail] == ["orders does not answer"] * 2


def test_what_was_kept_before_sentences_had_codes_is_read() -> None:
    """Its words stand for themselves."""
    old = b'{"kind":"held","urgent":false,"evidence":[{"words":"on hold for 60 s","at":1.0,"seqs":[]}]}'
    (evidence,) = msgspec.json.decode(old, type=RaisedAlert).evidence
    assert (evidence.words, evidence.code, evidence.values) == ("on hold for 60 s", "", {})
    because = msgspec.json.decode(b'[{"kind":"tool","seqs":[],"words":"find said found"}]', type=tuple[Because, ...])
    assert because[0].sentence == Sentence(words="find said found")


@pytest.mark.parametrize(
    ("words", "at_s"),
    [
        ("alert person", [3.0, 7.0, 7.5]),
        ("seen to ada", [7.0]),
        ("alert over", [7.5]),
        ("alert orders", [8.0]),
        ("held", []),
    ],
)
async def test_alerts_are_found(kept: KeptData, words: str, at_s: list[float]) -> None:
    """By what they were about, what they rested on, and who saw to them."""
    past = LookingBack(kept, Summaries(kept))
    lines = [line async for line in past.search(SearchWish(words=words))]
    assert [line.at_s for line in lines if isinstance(line, SearchHit)] == at_s


async def test_a_call_s_export_holds_its_alerts(kept: KeptData) -> None:
    """Whoever was on the call gets what it was told of them."""
    export = await Exporting(kept).call("asked", actor="test")
    told = [(row["kind"], row["value"]["kind"]) for row in export.calls[0]["signals"]]
    assert sorted(told) == [
        ("alert", "person_asked"),
        ("alert", "tool_failed"),
        ("alert_over", "person_asked"),
        ("alert_seen_to", "person_asked"),
    ]
