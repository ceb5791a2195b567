"""What customers have, delete and say of a call themselves reaches the archive, and is in the audit log."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agent.app.kept_data import KeptData, opened_kept_data
from agent.app.own_data import KeptOwnData
from agent.core.clock import FakeClock
from agent.core.errors import CallNotFound
from agent.core.settings import Settings
from tests.app.kept_calls import WORD, keep_calls

CALL, OTHER = "guest-call", "other-guest-call"


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> AsyncIterator[KeptData]:
    """Calls of two guests, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    await keep_calls(settings, clock, [(CALL, None), (OTHER, None)])
    async with opened_kept_data(settings, clock) as kept:
        yield kept


async def test_guest_has_their_call_and_what_they_said_of_it(kept: KeptData) -> None:
    """The words of the call and the survey are in the file, and nothing of another guest; who asked is written down."""
    own = KeptOwnData(kept)
    await own.keep_survey(CALL, score=2, resolved=False, text="slow, my card is 4111 1111 1111 1111")
    export = msgspec.json.decode(await own.call_exported(CALL))
    assert [call["id"] for call in export["calls"]] == [CALL]
    [call] = export["calls"]
    assert WORD in call["utterances"][0]["text"]
    [survey] = call["surveys"]
    assert (survey["score"], survey["resolved"]) == (2, False)
    assert survey["text"].startswith("slow")
    assert "4111" not in survey["text"]
    entries = [(entry.actor, entry.action, entry.subject) async for entry in kept.audit.entries()]
    assert entries == [(f"caller:{CALL}", "call.exported", CALL)]


async def test_guest_deletes_their_call(kept: KeptData) -> None:
    """It is certified and in the audit log as any other erasure; a survey that comes after it brings nothing back."""
    own = KeptOwnData(kept)
    await own.keep_survey(CALL, score=5, resolved=True, text="")
    certificate = msgspec.json.decode(await own.call_erased(CALL))
    assert (certificate["calls"], certificate["erased"]["surveys"]) == ([CALL], 1)
    entries = [(entry.actor, entry.action) async for entry in kept.audit.entries()]
    assert entries == [(f"caller:{CALL}", "call.erase_begun"), (f"caller:{CALL}", "call.erased")]
    with pytest.raises(CallNotFound):
        await own.keep_survey(CALL, score=5, resolved=True, text="")
    with pytest.raises(CallNotFound):
        await own.call_exported(CALL)
    assert msgspec.json.decode(await own.call_exported(OTHER))["calls"][0]["id"] == OTHER


async def test_receipts_are_signed_with_a_secret_of_their_own(kept: KeptData) -> None:
    """The same for this archive at each start, and for nothing else."""
    own = KeptOwnData(kept)
    assert own.receipt_secret == KeptOwnData(kept).receipt_secret
    assert own.receipt_secret != kept.keyring.secret("certificates").hex()
