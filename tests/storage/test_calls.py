"""The call archive on each of its databases: what is kept of a call, when, and that it is read back as it was."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.core.cards import Card, CardRow
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.errors import CallNotFound, StoreError
from agent.core.lifecycle import EndReason, Outcome
from agent.core.settings.storage import StorageSettings
from agent.storage.calls import CallStore
from agent.storage.history import CallHistory
from agent.storage.keyring import Keyring
from agent.storage.pending import MOST_OTHERS, MOST_SIGNALS
from agent.storage.tables import CONTENT
from tests.storage.conftest import rows
from tests.storage.held_database import locked
from tests.storage.kept import AT_ONCE_S, BEGAN_S, CONSENT, Question, Reason, Reply, seen, until

pytestmark = pytest.mark.usefixtures("unblocked_loop")


@pytest.mark.timeout(90)
async def test_whole_call_is_kept_and_read_back(storage: StorageSettings, keyring: Keyring, clock: FakeClock) -> None:
    """Start, words of both sides, reasons, cards, signals and end are in the database after closing, in order."""
    because = (Reason("intent", (7,), "asked where an order is"),)
    card = Card(id="order", title="Your order", rows=(CardRow(label="Status", value="on its way"),))
    async with CallStore.opened(storage, keyring, clock) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S, customer="p1", domain="shop")
        store.record_utterance("c1", "customer", "where is my order 📦 ", typed=False)
        clock.advance(ms=500)
        store.record_sent("c1", Question("where is it"))
        store.record_reply("c1", Reply("s1", "On its way", because, 1))
        store.record_card("c1", card)
        store.record_card_hidden("c1", "order")
        store.record_signal(seen("gesture", 3))
        clock.advance(ms=500)
        store.record_call_ended("c1", EndReason.CUSTOMER_LEFT, Outcome.ANSWERED)
    async with CallHistory.opened(storage.url, keyring) as history:
        call = await history.find("")
        [reply], [asked], [sign] = await history.replies("c1"), await history.sent("c1"), await history.signals("c1")
        shown, hidden = await history.cards("c1")
    assert (call.id, call.started_at, call.ended_at) == ("c1", BEGAN_S, clock.wall_ns() / 1e9)
    assert (call.ended_because, call.customer, call.domain, call.outcome) == (
        "customer_left", "p1", "shop", "answered",
    )  # fmt: skip
    assert (reply.reply_id, reply.text, reply.turn) == ("s1", "On its way", 1)
    assert msgspec.json.decode(reply.because, type=tuple[Reason, ...]) == because
    assert (asked.type, msgspec.json.decode(asked.body)) == ("question", {"type": "question", "text": "where is it"})
    assert (sign.kind, msgspec.json.decode(sign.value)["name"]) == ("gesture", "thumbs_up")
    assert msgspec.json.decode(shown.body, type=Card) == card
    assert (hidden.card_id, hidden.body) == ("order", "")
    assert (store.dropped, store.health.state) == (0, "good")


@pytest.mark.timeout(90)
async def test_every_change_of_consent_is_a_row(
    likely_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """What was agreed to, in which version and language of the notice, stays when something is taken back."""
    async with CallStore.opened(likely_storage, keyring, clock) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        store.record_consent("c1", CONSENT.without(Purpose.EXPRESSION))
    assert await rows(likely_storage, "SELECT version, locale, purposes FROM consents ORDER BY id") == [
        (CONSENT.version, CONSENT.language, "expression gesture speech text_emotion voice_emotion"),
        (CONSENT.version, CONSENT.language, "gesture speech text_emotion voice_emotion"),
    ]


@pytest.mark.timeout(90)
async def test_who_calls_again_is_known(storage: StorageSettings, keyring: Keyring, clock: FakeClock) -> None:
    """A customer has one row, with the first and the latest call; guests have none."""
    async with CallStore.opened(storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        for number, customer in enumerate(("p1", None, "p1")):
            store.record_call_started(f"c{number}", CONSENT, BEGAN_S + number, customer=customer)
        await until(lambda: store.written >= 9)
        store.record_call_started("c3", CONSENT, BEGAN_S + 3, customer="p1")
    assert await rows(storage, "SELECT id, first_seen_at, last_seen_at FROM customers") == [
        ("p1", BEGAN_S, BEGAN_S + 3)
    ]


async def test_states_are_kept_by_the_second_and_events_all(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Of states the latest of each kind and second is kept, in one row a second; every gesture; final words only."""
    async with CallStore.opened(storage, keyring, clock) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        for seq in range(0, 40, 4):
            store.record_signal(seen("affect", seq))
            store.record_signal(seen("scene", seq + 1))
            store.record_signal(seen("gesture", seq + 2))
            store.record_signal(seen("final" if seq == 36 else "partial", seq + 3))
            clock.advance(ms=250)
    async with CallHistory.opened(storage.url, keyring) as history:
        signals = await history.signals("c1")
    by_kind = {kind: [one.seq for one in signals if one.kind == kind] for kind in ("affect", "scene", "transcript")}
    assert by_kind == {"affect": [12, 28, 36], "scene": [13, 29, 37], "transcript": [39]}
    assert [one.seq for one in signals if one.kind == "gesture"] == list(range(2, 40, 4))
    assert await rows(storage, "SELECT count(*) FROM states") == [(3,)]
    affect = next(one for one in signals if one.kind == "affect")
    assert (affect.confidence, affect.valid, msgspec.json.decode(affect.value)["label"]) == (0.9, True, "sadness")


def contents(folder: Path, pattern: str) -> bytes:
    """Of all these files."""
    return b"".join(path.read_bytes() for path in folder.glob(pattern))


async def test_nothing_that_people_said_stands_there_in_clear(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock, tmp_path: Path
) -> None:
    """Neither the database with its log nor the spool holds a word of what was said, shown, asked or felt."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written >= 3)
        async with locked(file_storage):
            store.record_utterance("c1", "customer", "sesame", typed=True)
            store.record_sent("c1", Question("sesame"))
            store.record_reply("c1", Reply("s1", "sesame", (Reason("intent", (), "sesame"),)))
            store.record_card("c1", Card(id="c", title="sesame"))
            store.record_signal(seen("final", 1, text="sesame"))
            store.record_signal(seen("affect", 2))
            await until(lambda: store.health.state == "spooling")
            spooled = contents(tmp_path, "spool/**/*.rows")
    written = contents(tmp_path, "calls.sqlite3*")
    assert b"utterances" in spooled and b"s1" in written
    assert b"sesame" not in spooled + written and b"sadness" not in spooled + written


def test_all_content_is_named() -> None:
    """What is sealed is what people said, showed or felt: a new column of that kind has to be thought of here."""
    assert {table.name: columns for table, columns in CONTENT.items() if columns} == {
        "utterances": ("text",), "replies": ("text", "because"), "cards": ("body",), "sent": ("body",),
        "signals": ("value",), "states": ("body",), "tracks": ("body",), "recordings": ("key",), "labels": ("value",),
        "surveys": ("text",), "summaries": ("body",),
    }  # fmt: skip


async def test_written_without_closing_within_a_moment(
    likely_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """While the call goes on, another process can already read what happened in it."""
    async with CallStore.opened(likely_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written >= 3)
        assert await rows(likely_storage, "SELECT id, ended_at FROM calls") == [("c1", None)]


async def test_a_call_that_has_ended_is_written_for_whoever_asks(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """At once, though more might have come; with nothing to catch up on nobody waits, and nothing is written."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=60.0) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await store.caught_up()
        assert store.written == 0, "it goes on"
        store.record_call_ended("c1", EndReason.CUSTOMER_LEFT)
        await asyncio.gather(store.caught_up(), store.caught_up())
        async with CallHistory.opened(file_storage.url, keyring) as history:
            assert (await history.find("c1")).ended_at is not None
        written = store.written
        await store.caught_up()
        assert store.written == written


async def test_error_in_the_body_still_writes_what_was_recorded(
    likely_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """A server that stops because of an error, or is cancelled, keeps its calls."""
    with pytest.raises(ExceptionGroup):
        async with CallStore.opened(likely_storage, keyring, clock) as store:
            store.record_call_started("c1", CONSENT, BEGAN_S)
            raise OSError("the server fell over")
    assert await rows(likely_storage, "SELECT id FROM calls") == [("c1",)]


async def test_rows_of_one_call_cannot_cost_another_its_own(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Rows that the database refuses for good are dropped and counted; those of other calls in the batch are kept."""
    async with CallStore.opened(storage, keyring, clock) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        store.record_consent("nobody began me", CONSENT)
        store.record_signal(seen("gesture", 1))
        store.record_call_started("c2", CONSENT, BEGAN_S)
        store.record_signal(seen("gesture", 2**40, call_id="c2"))
        store.record_signal(seen("gesture", 2**40, call_id="c2"))
        store.record_utterance("nobody began me either", "customer", "hello", typed=False)
    assert await rows(storage, "SELECT id FROM calls") == [("c1",)]
    assert await rows(storage, "SELECT call_id FROM signals") == [("c1",)]
    assert store.dropped == 1 + 5 + 1


async def test_memory_is_bounded_between_two_batches(
    file_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Beyond the bound rows are dropped and counted, and words are not pushed out by signals."""
    async with CallStore.opened(file_storage, keyring, clock, flush_every_s=60.0) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        for seq in range(MOST_SIGNALS + 10):
            store.record_signal(seen("gesture", seq))
        for _ in range(MOST_OTHERS + 5):
            store.record_utterance("c1", "customer", "again", typed=True)
        assert store.dropped == 15
    assert await rows(file_storage, "SELECT count(*) FROM utterances") == [(MOST_OTHERS,)]


async def test_reading_goes_on_while_writing(
    likely_storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """Readers never meet a locked database."""
    async with CallStore.opened(likely_storage, keyring, clock, flush_every_s=AT_ONCE_S) as store:
        store.record_call_started("c1", CONSENT, BEGAN_S)
        await until(lambda: store.written >= 3)
        readers = []
        async with CallHistory.opened(likely_storage.url, keyring) as history, asyncio.TaskGroup() as tasks:
            for number in range(40):
                store.record_reply("c1", Reply(f"s{number}", "again"))
                readers.append(tasks.create_task(history.replies("c1")))
                await asyncio.sleep(0.002)
            await until(lambda: store.written >= 43)
            assert len(await history.replies("c1")) == 40
        assert all(len(task.result()) <= 40 for task in readers)


@pytest.mark.parametrize(
    ("make_url", "says"),
    [
        (lambda folder: "nonsense", "storage.url"),
        (lambda folder: "sqlite+nodriver:///x", "storage.url"),
        (lambda folder: f"sqlite+aiosqlite:///{folder / 'no' / 'such' / 'folder.sqlite3'}", "unable to open"),
        (lambda folder: f"sqlite+aiosqlite:///{folder / 'text.sqlite3'}", "not a database"),
        (lambda folder: "postgresql+asyncpg://agent@127.0.0.1:9/calls", "is away"),
        (lambda folder: "mariadb+asyncmy://agent@127.0.0.1:9/calls", "is away"),
    ],
    ids=["no address", "no driver", "no folder", "no database", "no postgresql", "no mariadb"],
)
async def test_database_that_cannot_be_used_is_said_at_once(
    make_url: Any, says: str, tmp_path: Path, keyring: Keyring
) -> None:
    """A wrong address or file is a `StoreError` that names it, before any call is taken."""
    (tmp_path / "text.sqlite3").write_text(
        "this is a letter and no database, and it is long enough to be read as one" * 20
    )
    storage = StorageSettings(url=make_url(tmp_path), spool=tmp_path / "spool")
    with pytest.raises(StoreError, match=says):
        async with CallStore.opened(storage, keyring):
            pass


async def test_calls_are_found_by_how_their_ids_begin(
    storage: StorageSettings, keyring: Keyring, clock: FakeClock
) -> None:
    """A few letters are enough where they fit one call; with none it is the latest, and an id's signs mean nothing."""
    async with CallStore.opened(storage, keyring, clock) as store:
        for number, call_id in enumerate(("ab1", "ab2", "ab", "x%")):
            store.record_call_started(call_id, CONSENT, BEGAN_S + number)
    async with CallHistory.opened(storage.url, keyring) as history:
        assert [(await history.find(name)).id for name in ("ab1", "ab", "x", "")] == ["ab1", "ab", "x%", "x%"]
        for name in ("a", "%", "_b1"):
            with pytest.raises(CallNotFound):
                await history.find(name)
