"""The policy as a function: it takes any message in any order, and writes only what was confirmed aloud."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.core.clock import NS_PER_S
from agent.dialogue.conversation import Conversation, Phase
from agent.dialogue.domain import Domain, load_domain
from agent.dialogue.faq import FAQ
from agent.dialogue.hearing import CONFIRM_PROB
from agent.dialogue.policy import Incoming, step
from agent.dialogue.protocol import (
    BargeIn,
    CallEnded,
    CallStarted,
    Chat,
    Coach,
    Intent,
    Note,
    Resumed,
    Say,
    SignalSeen,
    TakenOver,
    Utterance,
)
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.turn import Outgoing
from tests.dialogue.wire import affect_signal, gesture_signal

DOMAIN = load_domain("shop")
WRITING = {"open_return", "request_refund"}
START = Conversation(call_id="c1", customer="dana", say_prefix="s")


def run(
    *messages: Incoming, conversation: Conversation = START, domain: Domain = DOMAIN
) -> tuple[Conversation, list[Outgoing]]:
    """Steps through the messages a second apart."""
    everything: list[Outgoing] = []
    for number, message in enumerate(messages):
        conversation, outgoing = step(conversation, message, number * NS_PER_S, domain)
        everything += outgoing
    return conversation, everything


def test_partial_and_empty_words_are_not_answered() -> None:
    """Only final words with something in them are."""
    intent = Intent(label="help", probability=0.9)
    _, outgoing = run(
        Utterance(id=1, text="wh", final=False, intent=intent), Utterance(id=1, text=" ", intent=intent), Chat(text="")
    )
    assert outgoing == []


def test_words_without_an_intent_are_not_guessed_at() -> None:
    """An agent that sends no intents is told that nothing was understood, and why."""
    _, [search, said] = run(Utterance(id=1, text="where is my order A1042"), ToolResult(outcome="nothing"))
    assert isinstance(search, ToolCall) and search.name == FAQ
    assert isinstance(said, Say)
    assert said.text.startswith("Sorry, I didn't get that")
    assert said.because[0].words == "the words came without an intent"


def test_replies_name_the_signals_that_shaped_them() -> None:
    """Numbers of the intent and affect signals, and words for people, go with each reply."""
    sad = [SignalSeen(signal=affect_signal(valence=-0.5, label="sadness", seq=seq)) for seq in range(2, 9)]
    _, [said] = run(*sad, Chat(text="help", intent=Intent(label="help", probability=0.95, seq=9)))
    assert isinstance(said, Say)
    intent, affect = said.because
    assert (intent.seqs, intent.words) == ((9,), "the question what this agent can do (95%)")
    assert affect.seqs == (2, 8)
    assert affect.words == "sadness for 6 s, so acknowledged first and spoken shorter and more slowly"


def test_resumed_call_is_not_greeted_again() -> None:
    """After a break the open question comes again; a new engine admits that it has forgotten."""
    asked, _ = run(CallStarted(call_id="c1"), Chat(text="x", intent=Intent(label="explain_term", probability=0.9)))
    _, outgoing = run(CallStarted(call_id="c1", resumed=True), conversation=asked)
    assert [out.text for out in outgoing if isinstance(out, Say)] == [
        "I'm back, sorry for the break.",
        "Which word shall I explain?",
    ]
    _, [said] = run(CallStarted(call_id="c1", resumed=True))
    assert isinstance(said, Say) and "lost what we were talking about" in said.text


def test_whisper_that_is_no_wording_is_answered_to_the_supervisor_only() -> None:
    """This engine does not pretend to follow instructions that it cannot follow."""
    _, [note] = run(CallStarted(call_id="c1"), Coach(text="be nicer"))[0], run(Coach(text="be nicer"))[1]
    assert isinstance(note, Note)


def test_nothing_is_said_after_the_end() -> None:
    """An ended conversation stays silent."""
    ended, _ = run(CallStarted(call_id="c1"), CallEnded(reason="customer_left"))
    assert ended.phase is Phase.ENDED
    _, outgoing = run(Chat(text="hello", intent=Intent(label="greeting", probability=1.0)), conversation=ended)
    assert outgoing == []


@pytest.mark.parametrize("gap_s", [3.9, 4.1])
def test_mood_is_forgotten_with_its_evidence(gap_s: float) -> None:
    """What was seen longer than four seconds ago shapes no reply."""
    conversation = START
    for second in range(8):
        signal = SignalSeen(signal=affect_signal(valence=-0.6, label="anger", seq=second))
        conversation, _ = step(conversation, signal, second * NS_PER_S, DOMAIN)
    asked = Chat(text="help", intent=Intent(label="help", probability=0.9))
    _, [said] = step(conversation, asked, round((7 + gap_s) * NS_PER_S), DOMAIN)
    assert isinstance(said, Say)
    assert (said.style.tone == "calm") == (gap_s < 4)


def test_unknown_outcome_of_a_tool_is_admitted() -> None:
    """A tool that answers something the flow does not know leads to an honest sentence and a note."""
    asked, _ = run(Chat(text="x", intent=Intent(label="order_status", probability=0.9, slots={"order_id": "A1042"})))
    _, [note, said] = run(ToolResult(outcome="exploded"), conversation=asked)
    assert isinstance(note, Note) and "exploded" in note.text
    assert isinstance(said, Say) and "can't reach our order system" in said.text


_labels = st.sampled_from(
    ["greeting", "order_status", "return_item", "refund", "speak_to_person", "thanks", "goodbye", "affirm", "deny",
     "help", "repeat", "no such label"]
)  # fmt: skip
_slots = st.dictionaries(
    st.sampled_from(["order_id", "product", "surname", "other"]), st.sampled_from(["A1042", "{0.x}", "{", ""])
)
_intents = st.builds(
    Intent,
    label=_labels,
    probability=st.floats(0, 1),
    out_of_scope=st.booleans(),
    slots=_slots,
    seq=st.none() | st.integers(0, 9),
)
_texts = st.sampled_from(["yes", "no", "A1042", "{order_id}", "word " * 9, ""])
_messages = st.one_of(
    st.builds(CallStarted, call_id=st.just("c1"), resumed=st.booleans()),
    st.builds(Utterance, id=st.integers(0, 9), text=_texts, final=st.booleans(), intent=st.none() | _intents),
    st.builds(Chat, text=_texts, intent=_intents),
    st.builds(BargeIn, say=st.sampled_from(["s1", "s2", "s3"]), heard_text=st.text(max_size=40)),
    st.builds(Coach, text=st.sampled_from(["say: hello", "say:", "hm"])),
    st.sampled_from([TakenOver(), Resumed(), CallEnded(reason="x")]),
    st.builds(
        lambda name: SignalSeen(signal=gesture_signal(name)),
        st.sampled_from(["thumbs_up", "fist", "nod", "shake", "wave"]),
    ),
    st.builds(
        lambda label, valence: SignalSeen(signal=affect_signal(label=label, valence=valence)),
        st.sampled_from(["anger", "neutral", "unknown"]),
        st.none() | st.floats(-1, 1),
    ),
)
_outcomes = st.sampled_from(
    ["ready", "choose", "not_found", "who_is_it", "no_match", "failed", "late", "delivered", "opened", "already",
     "return_first", "no such outcome"]
)  # fmt: skip
_values = {
    name: "x"
    for name in ("order_id", "items", "carrier", "expected", "delivered", "ships", "options", "product", "return_id",
                 "post_by", "amount", "account_by", "paid")
}  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(_messages, _outcomes, st.integers(0, 30)), max_size=25))
def test_any_conversation_keeps_the_promises(script: list[tuple[Incoming, str, int]]) -> None:
    """Whatever comes in whatever order: silence while a person speaks, one tool at a time, and no write without a yes
    that answers the confirmation asked just before it."""
    conversation, now_ns, ids = START, 0, set[str]()
    for message, outcome, pause_s in script:
        now_ns += pause_s * NS_PER_S
        following: Incoming | None = message
        while following is not None:
            before = conversation
            conversation, outgoing = step(conversation, following, now_ns, DOMAIN)
            tools = [out for out in outgoing if isinstance(out, ToolCall)]
            assert len(tools) <= 1 and (not tools or outgoing[-1] is tools[0])
            if conversation.phase in (Phase.TAKEN_OVER, Phase.ENDED):
                assert outgoing == ()
            for said in (out for out in outgoing if isinstance(out, Say)):
                assert said.id not in ids
                ids.add(said.id)
            if tools and tools[0].name in WRITING:
                assert before.task is not None and before.task.confirmation is not None
                assert before.task.confirmation.heard and before.task.confirmation.tool == tools[0].name
                assert isinstance(message, Utterance | Chat) and message.intent is not None
                assert message.intent.label == "affirm" and following is message
                assert message.intent.probability >= CONFIRM_PROB
            following = ToolResult(outcome=outcome, values=_values) if tools else None
