"""The call archive on real SQLite files: what is kept, when, and what happens when the database will not have it."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.core.clock import FakeClock
from agent.core.consent import Choice, Purpose, consent_for
from agent.core.errors import CallNotFound, StoreError
from agent.core.lifecycle import EndReason
from agent.core.signals import (
    AffectSignal,
    AffectValue,
    GestureSignal,
    GestureValue,
    Signal,
    TranscriptSignal,
    TranscriptValue,
)
from agent.storage.calls import CallStore
from agent.storage.history import CallHistory
from agent.storage.pending import MOST_OTHERS, MOST_SIGNALS
from agent.storage.schema import upgrade

pytestmark = pytest.mark.usefixtures("unblocked_loop")

CONSENT = consent_for(Choice.AGREE, locale="en", given_at=1_800_000_000.0)
AT_ONCE_S = 0.01


class Reason(msgspec.Struct, frozen=True):
    kind: str
    seqs: tuple[int, ...]
    words: str


class Question(msgspec.Struct, frozen=True, tag="question"):
    text: str


class Reply(msgspec.Struct, frozen=True):
    id: str
    text: str
    because: tuple[Reason, ...] = ()
    turn: int | None = None


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite3'}"


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What another process sees."""
    connection = sqlite3.connect(url.partition(":///")[2])
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def seen(kind: str, seq: int, call_id: str = "c1") -> Signal:
    common: dict[str, Any] = dict(
        call_id=call_id, seq=seq, confidence=0.9, valid=True, frame_id=seq, captured_at=1_800_000_000.0 + seq,
        captured_error_ms=1.0, captured_from="arrival", media_ms=40.0 * seq, age_ms=20.0, sources=("expression",),
    )  # fmt: skip
    match kind:
        case "gesture":
            return GestureSignal(value=GestureValue(name="thumbs_up"), **common)
        case "partial" | "final":
            said = TranscriptValue(utterance_id=1, text="hello", final=kind == "final", language="en")
            return TranscriptSignal(value=said, **common)
        case _:
            value = AffectValue(label="sadness", valence=-0.4, arousal=0.1, trend="falling", coverage=0.9)
            return AffectSignal(value=value, **common)


async def until(store: CallStore, written: int) -> None:
    """Waits until so many rows are in the database."""
    async with asyncio.timeout(10):
        while store.written < written:
            await asyncio.sleep(0.005)


async def test_whole_call_is_kept_and_read_back(url: str, clock: FakeClock) -> None:
    """Start, consent, words of both sides, reasons and end are in the database after closing, in order."""
    async with CallStore.opened(url, clock) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        store.record_utterance("c1", "customer", "where is my order", typed=False)
        clock.advance(ms=500)
        store.record_sent("c1", Question("where is it"))
        store.record_reply("c1", Reply("s1", "On its way", (Reason("intent", (7,), "asked where an order is"),), 1))
        store.record_signal(seen("gesture", 3))
        store.record_consent("c1", CONSENT.without(Purpose.EXPRESSION))
        clock.advance(ms=500)
        store.record_call_ended("c1", EndReason.CUSTOMER_LEFT)
    async with CallHistory.opened(url) as history:
        call = await history.find("")
        [reply] = await history.replies("c1")
        [asked] = await history.sent("c1")
        [sign] = await history.signals("c1")
    assert (call.id, call.ended_because, call.ended_at) == ("c1", "customer_left", clock.wall_ns() / 1e9)
    assert rows(url, "SELECT speaker, typed, text FROM utterances") == [("customer", 0, "where is my order")]
    assert (reply.reply_id, reply.text, reply.turn) == ("s1", "On its way", 1)
    assert msgspec.json.decode(reply.because) == [{"kind": "intent", "seqs": [7], "words": "asked where an order is"}]
    assert (asked.type, msgspec.json.decode(asked.body)) == ("question", {"type": "question", "text": "where is it"})
    assert (sign.kind, msgspec.json.decode(sign.value)["name"]) == ("gesture", "thumbs_up")
    assert rows(url, "SELECT purposes FROM consents ORDER BY id") == [
        ("expression gesture speech text_emotion voice_emotion",),
        ("gesture speech text_emotion voice_emotion",),
    ]
    assert store.dropped == 0


async def test_state_signals_are_thinned_and_events_are_not(url: str, clock: FakeClock) -> None:
    """Of affect one signal a second is kept, of gestures every one, of transcripts only final ones."""
    async with CallStore.opened(url, clock) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        for seq in range(0, 30, 3):
            store.record_signal(seen("affect", seq))
            store.record_signal(seen("gesture", seq + 1))
            store.record_signal(seen("final" if seq == 27 else "partial", seq + 2))
            clock.advance(ms=250)
    kept = rows(url, "SELECT kind, count(*) FROM signals GROUP BY kind ORDER BY kind")
    assert kept == [("affect", 3), ("gesture", 10), ("transcript", 1)]


async def test_written_without_closing_within_a_moment(url: str, clock: FakeClock) -> None:
    """While the call goes on, another process can already read what happened in it."""
    async with CallStore.opened(url, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        await until(store, 2)
        assert rows(url, "SELECT id, ended_at FROM calls") == [("c1", None)]


def test_crash_loses_only_what_was_not_flushed(url: str) -> None:
    """A process that is killed leaves every earlier batch whole, and the file opens again."""
    killed = subprocess.run([sys.executable, "-c", DIES_MID_CALL, url], timeout=15, check=False)
    assert killed.returncode == -signal.SIGKILL
    upgrade(url)
    assert rows(url, "SELECT id FROM calls") == [("c1",)]
    assert rows(url, "SELECT text FROM utterances") == [("flushed",)]
    assert rows(url, "PRAGMA integrity_check") == [("ok",)]


DIES_MID_CALL = """
import asyncio, os, signal, sys
from agent.core.consent import Choice, consent_for
from agent.storage.calls import CallStore

async def main(url):
    async with CallStore.opened(url, flush_every_s=0.05) as store:
        store.record_call_started("c1", consent_for(Choice.AGREE, locale="en", given_at=1.0), 1.0)
        store.record_utterance("c1", "customer", "flushed", typed=False)
        while store.written < 3:
            await asyncio.sleep(0.01)
        store.record_utterance("c1", "customer", "not yet flushed", typed=False)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(sys.argv[1]))
"""


async def test_error_in_the_body_still_writes_what_was_recorded(url: str, clock: FakeClock) -> None:
    """A server that stops because of an error, or is cancelled, keeps its calls."""
    with pytest.raises(ExceptionGroup):
        async with CallStore.opened(url, clock) as store:
            store.record_call_started("c1", CONSENT, 1_800_000_000.0)
            raise OSError("the server fell over")
    assert rows(url, "SELECT id FROM calls") == [("c1",)]


async def test_locked_database_is_waited_for(url: str, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """While another process holds the database nothing is lost, and the log says so once, without content."""
    async with CallStore.opened(url, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        await until(store, 2)
        lock = sqlite3.connect(url.partition(":///")[2])
        lock.execute("BEGIN EXCLUSIVE")
        store.record_utterance("c1", "customer", "my secret", typed=False)
        async with asyncio.timeout(10):
            while "refused a batch" not in caplog.text:
                await asyncio.sleep(0.01)
        store.record_utterance("c1", "customer", "another", typed=True)
        lock.rollback()
        lock.close()
        await until(store, 4)
    assert rows(url, "SELECT text FROM utterances ORDER BY id") == [("my secret",), ("another",)]
    assert store.dropped == 0
    assert "secret" not in caplog.text


async def test_rows_of_one_call_cannot_cost_another_its_own(url: str, clock: FakeClock) -> None:
    """Rows that the database refuses for good are dropped and counted; those of other calls in the batch are kept."""
    async with CallStore.opened(url, clock) as store:
        store.record_utterance("nobody began me", "customer", "hello", typed=False)
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        store.record_utterance("c1", "customer", "hello", typed=False)
    assert rows(url, "SELECT call_id FROM utterances") == [("c1",)]
    assert store.dropped == 1


async def test_memory_is_bounded_while_the_database_stands_still(url: str, clock: FakeClock) -> None:
    """Beyond the bound rows are dropped and counted, and words are not pushed out by signals."""
    async with CallStore.opened(url, clock, flush_every_s=60.0) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        for seq in range(MOST_SIGNALS + 10):
            store.record_signal(seen("gesture", seq))
        for _ in range(MOST_OTHERS + 5):
            store.record_utterance("c1", "customer", "again", typed=True)
        assert store.dropped == 15
    assert rows(url, "SELECT count(*) FROM utterances") == [(MOST_OTHERS,)]


async def test_reading_goes_on_while_writing(url: str, clock: FakeClock) -> None:
    """Readers never meet a locked database, as writing is logged ahead."""
    async with CallStore.opened(url, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, 1_800_000_000.0)
        await until(store, 2)
        readers = []
        async with CallHistory.opened(url) as history, asyncio.TaskGroup() as tasks:
            for number in range(40):
                store.record_reply("c1", Reply(f"s{number}", "again"))
                readers.append(tasks.create_task(history.replies("c1")))
                await asyncio.sleep(0.002)
            await until(store, 42)
            assert len(await history.replies("c1")) == 40
        assert all(len(task.result()) <= 40 for task in readers)
    assert rows(url, "PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize(
    ("make_url", "says"),
    [
        (lambda folder: "nonsense", "storage.url"),
        (lambda folder: "sqlite+nodriver:///x", "storage.url"),
        (lambda folder: f"sqlite+aiosqlite:///{folder / 'no' / 'such' / 'folder.sqlite3'}", "unable to open"),
        (lambda folder: f"sqlite+aiosqlite:///{folder / 'text.sqlite3'}", "not a database"),
    ],
    ids=["no address", "no driver", "no folder", "no database"],
)
async def test_database_that_cannot_be_used_is_said_at_once(make_url: Any, says: str, tmp_path: Path) -> None:
    """A wrong address or file is a `StoreError` that names it, before any call is taken."""
    (tmp_path / "text.sqlite3").write_text(
        "this is a letter and no database, and it is long enough to be read as one" * 20
    )
    with pytest.raises(StoreError, match=says):
        async with CallStore.opened(make_url(tmp_path)):
            pass


async def test_calls_are_found_by_how_their_ids_begin(url: str, clock: FakeClock) -> None:
    """A few letters are enough where they fit one call; with none it is the latest, and an id's signs mean nothing."""
    async with CallStore.opened(url, clock) as store:
        for number, call_id in enumerate(("ab1", "ab2", "ab", "x%")):
            store.record_call_started(call_id, CONSENT, 1_800_000_000.0 + number)
    async with CallHistory.opened(url) as history:
        assert [(await history.find(name)).id for name in ("ab1", "ab", "x", "")] == ["ab1", "ab", "x%", "x%"]
        for name in ("a", "%", "_b1"):
            with pytest.raises(CallNotFound):
                await history.find(name)
