"""Why a kept call went as it did, and how it would have gone with a customer who shows no feelings."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from agent.app.__main__ import build_app
from agent.app.emotion_off import compared
from agent.app.explanation import KeptCall, explained, kept_call
from agent.app.mouth import Reply
from agent.core.clock import FakeClock
from agent.core.consent import Choice, consent_for
from agent.core.errors import AgentError, CallNotFound
from agent.core.lifecycle import EndReason
from agent.core.settings import Settings
from agent.core.settings.storage import StorageSettings
from agent.dialogue.faq import FAQ
from agent.dialogue.protocol import (
    BargeIn,
    Because,
    CallEnded,
    CallStarted,
    Chat,
    Intent,
    SayStyle,
    SignalSeen,
    ToEngine,
    Translation,
    Utterance,
)
from agent.dialogue.replay import Sent
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory
from tests.dialogue.wire import affect_signal

pytestmark = pytest.mark.timeout(120)

BEGAN_S = 1_800_000_000.0
CALL = "c1"
HELLO = Translation(language="en", text="hello")
ANGRY_S = 6


def asked(label: str, text: str, turn: int) -> Utterance:
    intent = Intent(label=label, probability=0.9, seq=turn)
    return Utterance(id=turn, text=text, turn=turn, intent=intent, affect="anger")


async def keep_angry_call(storage: StorageSettings, clock: FakeClock) -> None:
    """A call whose customer asks twice, the second time after six seconds of anger, and speaks over the agent."""
    async with CallStore.opened(storage, await open_keyring(storage), clock) as store:
        store.record_call_started(CALL, consent_for(Choice.AGREE, locale="en", given_at=BEGAN_S), BEGAN_S)
        store.record_sent(CALL, CallStarted(call_id=CALL))
        clock.advance(ms=2_000)
        store.record_sent(CALL, asked("open_hours", "when are you open", 1))
        reply = Reply("s1", SayStyle(), True, "We are open from nine.", complete=True, turn=1)
        reply.because = (Because(kind="intent", seqs=(1,), words="wants to know the hours (90%)"),)
        clock.advance(ms=500)
        store.record_reply(CALL, reply)
        for seq in range(10, 10 + ANGRY_S):
            clock.advance(ms=1_000)
            signal = affect_signal(valence=-0.6, label="anger", seq=seq, call_id=CALL)
            store.record_signal(msgspec.structs.replace(signal, captured_at=clock.wall_ns() / 1e9))
        clock.advance(ms=100)
        store.record_sent(CALL, asked("greeting", "hello again", 2))
        store.record_sent(CALL, BargeIn(say="s1", heard_text="We are"))
        store.record_sent(CALL, Chat(text="bonjour", turn=3, language="fr", translation=HELLO))
        store.record_sent(CALL, CallEnded(reason="customer_left"))
        store.record_call_ended(CALL, EndReason.CUSTOMER_LEFT)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of an agent for the bank, whose files lie in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_REPLY__DOMAIN", "bank")
    return Settings()


@pytest.fixture
async def kept(settings: Settings, clock: FakeClock) -> KeptCall:
    """The angry call, as it is found in the archive."""
    clock.unix_ns = round(BEGAN_S * 1e9)
    await keep_angry_call(settings.storage, clock)
    async with CallHistory.opened(settings.storage.url, await open_keyring(settings.storage)) as history:
        return await kept_call(history, "c")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(["explain"]), ["explain", *arguments])


async def test_a_call_is_explained_turn_by_turn(kept: KeptCall) -> None:
    """What was said, understood and felt at that moment, and each reply with its reasons beneath what it answers."""
    began, first, second, cut, typed, ended = explained(kept).turns
    assert [turn.what for turn in (began, cut, ended)] == ["began", "spoke over the agent", "ended"]
    assert (first.what, first.turn, first.text, first.at_s) == ("said", 1, "when are you open", 2.0)
    assert first.intent is not None and first.intent.label == "open_hours"
    assert first.readings == ()
    [reply] = first.replies
    assert (reply.text, reply.because[0].words) == ("We are open from nine.", "wants to know the hours (90%)")
    [reading] = second.readings
    assert (reading.kind, reading.label, reading.confidence, reading.seq) == ("affect", "anger", 0.8, 9 + ANGRY_S)
    assert (typed.what, typed.language, typed.translation) == ("typed", "fr", HELLO)
    assert second.replies == ()


async def test_replies_are_played_again_without_emotion(kept: KeptCall, settings: Settings) -> None:
    """Who was angry for six seconds is answered in another tone than who showed nothing; the rest stays the same, and
    the business's own database is left alone."""
    comparison = await compared(kept.sent, settings)
    assert comparison.answered >= 3
    again = comparison.differing[0]
    assert again.on == "hello again"
    assert (again.with_emotion.tone, again.without_emotion.tone) == ("calm", "neutral")
    assert again.with_emotion.said != again.without_emotion.said
    assert {one.on for one in comparison.differing} <= {"hello again", "bonjour"}
    assert not settings.reply.database.exists()


async def test_help_pages_are_found_by_meaning_as_in_the_call(settings: Settings) -> None:
    """A question that shares no word with its page is answered with it, as the engine of the call did."""
    question = Intent(label=FAQ, probability=0.9)
    angry = [SignalSeen(signal=affect_signal(valence=-0.6, label="anger", seq=seq)) for seq in range(ANGRY_S)]
    messages: list[ToEngine] = [
        CallStarted(call_id=CALL),
        *angry,
        Chat(text="is my cash safe if you go bust", intent=question),
    ]
    comparison = await compared([Sent(at_s=BEGAN_S + n, message=one) for n, one in enumerate(messages)], settings)
    assert [one.with_emotion.cards for one in comparison.differing] == [("How safe your money is",)]


@pytest.mark.usefixtures("kept")
async def test_the_command_prints_both() -> None:
    """`agent explain` for people, `--json` for programs."""
    shown = await asyncio.to_thread(command)
    assert "We are open from nine." in shown.output
    assert "anger (80%)" in shown.output
    compared_too = await asyncio.to_thread(command, CALL, "--without-emotion")
    assert "answers would have been different" in compared_too.output
    result = await asyncio.to_thread(command, CALL, "--without-emotion", "--json")
    found = json.loads(result.stdout)
    assert (found["call"], len(found["turns"])) == (CALL, 6)
    assert found["without_emotion"]["differing"][0]["without_emotion"]["tone"] == "neutral"


@pytest.mark.usefixtures("kept")
async def test_what_cannot_be_explained_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is not kept, and an engine that cannot be asked again, are one sentence each."""
    missing = await asyncio.to_thread(command, "nobody")
    assert isinstance(missing.exception, CallNotFound)
    monkeypatch.setenv("AGENT_REPLY__URL", "ws://127.0.0.1:9")
    foreign = await asyncio.to_thread(command, CALL, "--without-emotion")
    assert isinstance(foreign.exception, AgentError) and "reply.url" in str(foreign.exception)
