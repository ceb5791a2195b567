"""Erasing a customer leaves nothing anywhere, stays so, and is certified; exporting shows everything before that."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.app.erasing import SIGNS_CERTIFICATES, Erasing
from agent.app.exporting import Exporting, readable
from agent.app.keeping import Keeping
from agent.app.kept_data import KeptData, opened_kept_data
from agent.core.clock import FakeClock
from agent.core.errors import AgentError, CallNotFound, StoreError
from agent.core.settings import Settings
from agent.core.signed_customer import GUEST
from agent.storage.calls import CallStore
from agent.storage.certificate import is_genuine, public_key_of
from agent.storage.data_keys import open_keyring
from agent.storage.recordings import recordings_folder
from agent.storage.tables import metadata
from tests.app.kept_calls import WORD, keep_calls, record_call, traces
from tests.dialogue.domains.shop import opened
from tests.storage.held_database import locked

DANA_CALLS = ("dana-call-1", "dana-call-2")
LEE_CALL, GUEST_CALL = "lee-call", "guest-call"
CALLS = [(DANA_CALLS[0], "dana"), (LEE_CALL, "lee"), (DANA_CALLS[1], "dana"), (GUEST_CALL, None)]
OF_CALLS = {"calls", "call_keys", "consents", "utterances", "replies", "cards", "sent", "signals", "states", "tracks"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of an agent whose files lie in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return Settings()


@pytest.fixture
async def kept(settings: Settings, clock: FakeClock) -> AsyncIterator[KeptData]:
    """Two calls of Dana, one of Lee, one of a guest; the shop remembers Dana."""
    shop = opened(settings.reply.database.absolute())
    shop.ask("remember", preferred_name="Danny")
    shop.tools.close()
    await keep_calls(settings, clock, CALLS)
    async with opened_kept_data(settings, clock) as kept:
        yield kept


def rows(query: str, *values: object) -> list[tuple[object, ...]]:
    """What another process sees in the archive."""
    with closing(sqlite3.connect("agent.sqlite3")) as connection:
        return connection.execute(query, values).fetchall()


def put_back(backup: str) -> None:
    """What an operator does who restores."""
    for left in Path().glob("agent.sqlite3*"):
        left.unlink()
    Path(backup).rename("agent.sqlite3")


async def test_export_shows_everything(kept: KeptData) -> None:
    """Both calls with all that hangs on them, in clear; the profile; what the pack remembers; nothing of others."""
    export = await Exporting(kept).customer("dana", actor="operator")
    assert [call["id"] for call in export.calls] == list(DANA_CALLS)
    call = export.calls[0]
    assert {name for name in call if name in metadata.tables and call[name]} == OF_CALLS - {"calls", "call_keys"}
    assert call["utterances"][0]["text"] == f"is there a kettle from {WORD}"
    assert call["replies"][0]["because"][0]["kind"] == "intent"
    assert (call["signals"][0]["value"]["name"], call["states"][0]["body"][0]["kind"]) == ("thumbs_up", "affect")
    [track] = call["tracks"]
    run = msgspec.json.decode(track["body"])
    assert (run["scale"], run["frames"][0]["parts"]["left"][:4]) == (2_048, [0, 1, 2, 3])
    assert export.profile is not None
    assert export.remembered["preferences"][0]["name"] == "Danny"
    assert LEE_CALL not in msgspec.json.encode(export).decode()
    text = readable(export)
    assert f"You: is there a kettle from {WORD}" in text
    assert f"Agent: There is one from {WORD}." in text
    assert "agreed to: expression" in text
    assert "name: Danny" in text


async def test_erasing_leaves_no_trace(kept: KeptData, tmp_path: Path) -> None:
    """No table, no file, no byte names the customer's calls or words; other customers' calls are as they were."""
    pseudonym = kept.keyring.pseudonym_of("dana")
    assert {trace.split()[0] for trace in traces(tmp_path, *DANA_CALLS, WORD, "Danny")} == {*DANA_CALLS, "Danny"}
    before = {name: rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in OF_CALLS}
    certificate = await Erasing(kept).erase_customer("dana", actor="operator")
    assert set(certificate.calls) == set(DANA_CALLS)
    for name in OF_CALLS:
        of_call = "id" if name == "calls" else "call_id"
        left = {str(row[0]) for row in rows(f'SELECT {of_call} FROM "{name}"')}
        assert left == {LEE_CALL, GUEST_CALL}, name
        assert certificate.erased[name] * 2 == before[name], name
    assert rows("SELECT id FROM customers WHERE id = ?", pseudonym) == []
    assert certificate.erased["memory.preferences"] == 1
    own_notes = {"agent.erased"}
    written = [trace for trace in traces(tmp_path, *DANA_CALLS, WORD, "Danny") if trace.split()[-1] not in own_notes]
    assert written == []


async def test_recordings_go_and_come_back_with_no_backup(kept: KeptData) -> None:
    """Of the customer's calls and no others; the certificate counts them, and a copy that is put back goes at once."""
    folder = recordings_folder(kept.settings.storage)
    folder.mkdir()
    theirs, other = (folder / f"{call_id}.0123456789abcdef.recording" for call_id in (DANA_CALLS[0], LEE_CALL))
    for path in (theirs, other):
        path.write_bytes(b"sealed")
    certificate = await Erasing(kept).erase_customer("dana", actor="operator")
    assert (certificate.erased["recordings files"], theirs.exists(), other.exists()) == (1, False, True)
    theirs.write_bytes(b"sealed")
    await Erasing(kept).erase_again()
    assert (theirs.exists(), other.exists()) == (False, True)


async def test_certificate_holds_only_as_it_was_signed(kept: KeptData) -> None:
    """It names the pseudonym and the audit entry, verifies with this agent's key, and not after a change."""
    certificate = await Erasing(kept).erase_customer("dana", actor="operator")
    key = public_key_of(kept.keyring.secret(SIGNS_CERTIFICATES))
    assert is_genuine(certificate, key)
    assert certificate.customer == kept.keyring.pseudonym_of("dana")
    entries = [entry async for entry in kept.audit.entries()]
    assert [entry.action for entry in entries] == ["customer.erase_begun", "customer.erased"]
    assert certificate.audit == entries[-1].hash
    assert (await kept.audit.verify()).ok
    changes: tuple[dict[str, Any], ...] = (
        {"erased": {}},
        {"calls": ()},
        {"not_erased": ()},
        {"signature": "00"},
        {"public_key": "zz"},
    )
    for change in changes:
        assert not is_genuine(msgspec.structs.replace(certificate, **change), key)
    assert not is_genuine(certificate, public_key_of(b"another agent's 32 bytes of seed"))


async def test_nothing_of_a_call_that_goes_on_is_written_after_it_was_erased(
    kept: KeptData, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Other calls of the same process go on being written; the log says so once, and calls it no fault."""
    pseudonym = kept.keyring.pseudonym_of("dana")
    async with CallStore.opened(kept.settings.storage, kept.keyring, clock, flush_every_s=0.01) as store:
        record_call(store, "going-on", pseudonym, clock, ended=False)
        clock.advance(ms=2_000)
        async with asyncio.timeout(10):
            while not rows("SELECT 1 FROM utterances WHERE call_id = 'going-on'"):
                await asyncio.sleep(0.01)
        certificate = await Erasing(kept).erase_customer("dana", actor="operator")
        assert certificate.going_on == ("going-on",)
        for word in ("one", "two"):
            before = store.dropped
            store.record_utterance("going-on", "customer", f"and {word} more from {WORD}", typed=False)
            async with asyncio.timeout(10):
                while store.dropped == before:
                    await asyncio.sleep(0.01)
        record_call(store, "omar-call", kept.keyring.pseudonym_of("omar"), clock)
    assert rows("SELECT id FROM calls WHERE id IN ('going-on', 'omar-call')") == [("omar-call",)]
    assert rows("SELECT count(*) FROM utterances WHERE call_id = 'going-on'") == [(0,)]
    assert (caplog.text.count("nothing more of it is kept"), "are lost" in caplog.text) == (1, False)


async def test_backup_that_is_put_back_is_erased_again(settings: Settings, clock: FakeClock) -> None:
    """Whatever came back of erased calls goes at the next daily job; what came back of others stays."""
    await keep_calls(settings, clock, CALLS)
    with closing(sqlite3.connect("agent.sqlite3")) as live, closing(sqlite3.connect("backup")) as backup:
        live.backup(backup)
    clock.advance(ms=1_000)
    async with opened_kept_data(settings, clock) as kept:
        await Erasing(kept).erase_customer("dana", actor="operator")
        await Erasing(kept).erase_call(GUEST_CALL, actor="operator")
    put_back("backup")
    assert len(rows("SELECT id FROM calls")) == len(CALLS)
    async with opened_kept_data(settings, clock) as kept:
        assert (await Keeping(kept).retire())["erased again"] == len(DANA_CALLS) + 1
        assert (await Keeping(kept).retire()).get("erased again", 0) == 0
    assert rows("SELECT id FROM calls") == [(LEE_CALL,)]
    assert rows("SELECT DISTINCT call_id FROM utterances") == [(LEE_CALL,)]
    assert len(rows("SELECT id FROM customers")) == 1


async def test_rows_that_wait_for_the_database_go_too(settings: Settings, clock: FakeClock, tmp_path: Path) -> None:
    """A call that began while the database took nothing is known from the spool alone, and leaves nothing there."""
    keyring = await open_keyring(settings.storage)
    async with AsyncExitStack() as outage:
        async with CallStore.opened(settings.storage, keyring, clock) as store:
            await outage.enter_async_context(locked(settings.storage))
            record_call(store, "waiting", keyring.pseudonym_of("dana"), clock)
            record_call(store, LEE_CALL, keyring.pseudonym_of("lee"), clock)
    assert traces(tmp_path / "agent.spool", "waiting", LEE_CALL) != []
    async with opened_kept_data(settings, clock) as kept:
        certificate = await Erasing(kept).erase_customer("dana", actor="operator")
    assert (certificate.calls, certificate.erased["spool"] >= len(OF_CALLS)) == (("waiting",), True)
    assert traces(tmp_path / "agent.spool", "waiting", keyring.pseudonym_of("dana")) == []
    async with CallStore.opened(settings.storage, keyring, clock):
        pass
    assert rows("SELECT id FROM calls") == [(LEE_CALL,)]
    assert rows("SELECT id FROM customers") == [(keyring.pseudonym_of("lee"),)]


async def test_call_that_waits_for_the_database_is_not_said_to_be_nowhere(
    settings: Settings, clock: FakeClock, tmp_path: Path
) -> None:
    """Of a guest's call that is in the spool alone there is no copy yet, and erasing it leaves nothing there."""
    keyring = await open_keyring(settings.storage)
    async with AsyncExitStack() as outage:
        async with CallStore.opened(settings.storage, keyring, clock) as store:
            await outage.enter_async_context(locked(settings.storage))
            record_call(store, "waiting", None, clock)
    async with opened_kept_data(settings, clock) as kept:
        with pytest.raises(StoreError, match="waits to be written"):
            await Exporting(kept).call("waiting", actor="caller")
        certificate = await Erasing(kept).erase_call("waiting", actor="caller")
        with pytest.raises(CallNotFound):
            await Erasing(kept).erase_call("waiting", actor="caller")
    assert (certificate.calls, certificate.erased["spool"] > 0) == (("waiting",), True)
    assert traces(tmp_path / "agent.spool", "waiting") == []


async def test_erasure_that_was_cut_off_is_taken_up(kept: KeptData) -> None:
    """Of what is left after a fault in the middle nothing can be read, and the daily job finishes it."""
    with closing(sqlite3.connect("agent.sqlite3")) as connection:
        connection.execute("ALTER TABLE sent RENAME TO sent_elsewhere")
    with pytest.raises(StoreError, match="sent"):
        await Erasing(kept).erase_customer("dana", actor="operator")
    assert {call_id for (call_id,) in rows("SELECT call_id FROM call_keys")} == {LEE_CALL, GUEST_CALL}
    assert len(rows("SELECT id FROM calls")) == len(CALLS)
    with closing(sqlite3.connect("agent.sqlite3")) as connection:
        connection.execute("ALTER TABLE sent_elsewhere RENAME TO sent")
    await Keeping(kept).retire()
    assert {call_id for (call_id,) in rows("SELECT id FROM calls")} == {LEE_CALL, GUEST_CALL}
    assert {call_id for (call_id,) in rows("SELECT call_id FROM sent")} == {LEE_CALL, GUEST_CALL}


async def test_calls_after_an_erasure_stay(settings: Settings, clock: FakeClock) -> None:
    """Who calls again after having been erased is a customer again."""
    await keep_calls(settings, clock, [("before", "dana")])
    clock.advance(ms=1_000)
    async with opened_kept_data(settings, clock) as kept:
        await Erasing(kept).erase_customer("dana", actor="operator")
    clock.advance(ms=1_000)
    await keep_calls(settings, clock, [("after", "dana")])
    async with opened_kept_data(settings, clock) as kept:
        assert await Keeping(kept).retire() == {}
    assert rows("SELECT id FROM calls") == [("after",)]


async def test_erasure_that_cannot_be_recorded_does_not_happen(kept: KeptData, tmp_path: Path) -> None:
    """With an audit log that refuses entries nothing is touched."""
    with closing(sqlite3.connect("agent.sqlite3")) as connection:
        connection.execute("ALTER TABLE audit RENAME TO audit_elsewhere")
    with pytest.raises(StoreError, match="audit"):
        await Erasing(kept).erase_customer("dana", actor="operator")
    assert len(rows("SELECT id FROM calls")) == len(CALLS)
    assert not kept.erased.path.exists()


async def test_guests_are_known_by_their_calls_alone(kept: KeptData) -> None:
    """Nobody is erased or shown as "guest"; a guest's call is, by its whole id."""
    with pytest.raises(AgentError, match="guests"):
        await Erasing(kept).erase_customer(GUEST, actor="operator")
    with pytest.raises(AgentError, match="guests"):
        await Exporting(kept).customer(GUEST, actor="operator")
    for ask in (Erasing(kept).erase_call, Exporting(kept).call):
        with pytest.raises(CallNotFound, match="whole id"):
            await ask("guest", actor="operator")
    export = await Exporting(kept).call(GUEST_CALL, actor="operator")
    assert (export.customer, len(export.calls)) == (None, 1)
    certificate = await Erasing(kept).erase_call(GUEST_CALL, actor="operator")
    assert (certificate.customer, certificate.calls, certificate.erased["utterances"]) == (None, (GUEST_CALL,), 1)


async def test_unknown_customer_is_certified_as_nothing(kept: KeptData) -> None:
    """That nothing was kept is an answer, too: a certificate of no calls and no rows."""
    certificate = await Erasing(kept).erase_customer("nobody", actor="operator")
    assert (certificate.calls, certificate.erased) == ((), {})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app([arguments[0]]), list(arguments))


def test_commands_export_erase_and_verify(settings: Settings, clock: FakeClock) -> None:
    """As an operator types them: JSON and a text, for nobody else's eyes; a certificate that verifies."""
    asyncio.run(keep_calls(settings, clock, CALLS))
    exported = run("export", "--customer", "dana", "--out", "dana.json", "--json")
    assert exported.exit_code == 0, exported.output
    assert len(msgspec.json.decode(Path("dana.json").read_bytes())["calls"]) == len(DANA_CALLS)
    assert WORD in Path("dana.txt").read_text()
    assert {path.stat().st_mode & 0o777 for path in (Path("dana.json"), Path("dana.txt"))} == {0o600}
    refused = run("erase", "--customer", "dana")
    assert refused.exit_code != 0, "nobody said yes"
    erased = run("erase", "--customer", "dana", "--yes", "--out", "certificate.json", "--json")
    assert erased.exit_code == 0, erased.output
    assert len(msgspec.json.decode(erased.stdout)["calls"]) == len(DANA_CALLS)
    assert run("erase", "verify", "certificate.json").exit_code == 0
    certificate = Path("certificate.json").read_text()
    Path("certificate.json").write_text(certificate.replace(DANA_CALLS[0], LEE_CALL))
    altered = run("erase", "verify", "certificate.json", "--json")
    assert (altered.exit_code, msgspec.json.decode(altered.stdout)["ok"]) == (1, False)
    assert rows("SELECT count(*) FROM calls") == [(2,)]
