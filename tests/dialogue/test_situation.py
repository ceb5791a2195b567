"""What the scene and frustration change in an answer: its pace, its length, sympathy and what is offered besides."""

import msgspec
import pytest

from agent.core.clock import NS_PER_S
from agent.core.signals import Signal
from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import load_domain
from agent.dialogue.policy import step
from agent.dialogue.protocol import Chat, ConsentChanged, Intent, Say, SignalSeen
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.turn import Outgoing
from tests.dialogue.wire import affect_signal, scene_signal

DOMAIN = load_domain("shop")
START = Conversation(call_id="c1", customer="dana", say_prefix="s")
ORDERED = Intent(label="order_status", probability=0.9, slots={"order_id": "A1042"})


def after(*signals: Signal, conversation: Conversation = START) -> Conversation:
    """The conversation after these signals, one a second from the first second on."""
    for second, signal in enumerate(signals, 1):
        conversation, _ = step(conversation, SignalSeen(signal=signal), second * NS_PER_S, DOMAIN)
    return conversation


def asked(conversation: Conversation, *, at_s: float, intent: Intent | None = None) -> list[Outgoing]:
    """What comes of a question, and of the tool's answer if there is one."""
    intent = Intent(label="help", probability=0.9) if intent is None else intent
    conversation, outgoing = step(conversation, Chat(text="help", intent=intent), round(at_s * NS_PER_S), DOMAIN)
    if not isinstance(outgoing[-1], ToolCall):
        return list(outgoing)
    result = ToolResult(outcome="cancelled", values={"order_id": "A1042"})
    return [*outgoing, *step(conversation, result, round(at_s * NS_PER_S), DOMAIN)[1]]


def said(outgoing: list[Outgoing]) -> list[Say]:
    return [one for one in outgoing if isinstance(one, Say)]


def test_who_does_not_follow_is_spoken_to_more_slowly_and_told_why() -> None:
    """Slower than a calm voice, without sympathy, and the signal is named with its reasons."""
    conversation = after(scene_signal("confused", seq=7, because=("a question",)))
    (say,) = said(asked(conversation, at_s=2))
    (plain,) = said(asked(START, at_s=2))
    assert say.style.rate < plain.style.rate and say.style.tone == "calm"
    assert say.because[-1].kind == "scene" and say.because[-1].seqs == (7,)
    assert "does not follow (a question)" in say.because[-1].words
    assert [one for one in plain.because if one.kind == "scene"] == []


@pytest.mark.parametrize(("held_s", "offered"), [(1.0, False), (6.0, True)])
def test_a_complaint_that_escalates_is_acknowledged_and_offered_a_person(held_s: float, offered: bool) -> None:
    """Sympathy comes at once, a person after it has lasted, without waiting for the face."""
    conversation = after(scene_signal("escalating", held_s=held_s))
    says = said(asked(conversation, at_s=2, intent=ORDERED))
    acknowledged = DOMAIN.words("acknowledge", {}, calm=True)
    assert says[0].text.startswith(acknowledged)
    offers = DOMAIN.words("offer_person_for_mood", {}, calm=True)
    assert (offers in [say.text.removeprefix(acknowledged).strip() for say in says]) == offered


def test_a_scene_that_is_not_told_again_is_over() -> None:
    """Eight seconds after the last word of it nothing is assumed; nor after it was told to be over."""
    confused = scene_signal("confused")
    assert said(asked(after(confused), at_s=8.9))[0].style.rate < 1
    assert said(asked(after(confused), at_s=9.1))[0].style.rate == 1
    assert said(asked(after(confused, scene_signal("unknown")), at_s=3))[0].style.rate == 1


def test_withdrawn_consent_takes_the_scene_with_it() -> None:
    """From the next answer on it counts no more."""
    conversation, _ = step(after(scene_signal("confused")), ConsentChanged(purposes=("speech",)), 2 * NS_PER_S, DOMAIN)
    assert said(asked(conversation, at_s=2))[0].style.rate == 1


def test_sustained_frustration_counts_whatever_the_face_shows() -> None:
    """Words and deeds tell of it while the face is neutral: sympathy after three seconds, not before."""
    smiling = affect_signal(valence=0.0, label="neutral")
    frustrated = [
        msgspec.structs.replace(smiling, seq=seq, value=msgspec.structs.replace(smiling.value, frustration=0.7))
        for seq in range(5)
    ]
    assert said(asked(after(*frustrated[:2]), at_s=2.5))[0].style.tone == "neutral"
    (say,) = said(asked(after(*frustrated), at_s=5.5))
    assert say.style.tone == "calm" and "frustration for 4 s" in say.because[-1].words


@pytest.mark.parametrize(
    ("scene", "may"),
    [("unknown", True), ("agreeing", True), ("leaving", False), ("confused", False), ("anxious", False)],
)
def test_nothing_is_proposed_to_who_is_leaving_or_troubled(scene: str, may: bool) -> None:
    """A sale can wait."""
    assert after(scene_signal(scene)).situation.invites(2 * NS_PER_S) == may
