"""Who holds the turn follows who is heard, and speaking over the agent is a barge-in."""

from agent.core.signals import TurnValue
from agent.core.speech import VoiceStarted, VoiceStopped
from agent.fusion.fusion import FusionState, hear, speak
from tests.fusion.readings import stamp


def test_a_customer_who_speaks_over_the_agent_barges_in() -> None:
    """The agent speaks, the customer begins: the turn is the customer's, and it is marked as a barge-in."""
    state, _ = speak(FusionState(reads_faces=False), speaks=True, stamp=stamp(0))
    state, findings = hear(state, VoiceStarted(call_id="call", stamp=stamp(500)))
    assert [finding.value for finding in findings] == [TurnValue(holder="customer", barge_in=True)]


def test_an_ordinary_exchange_names_each_holder_once() -> None:
    """Customer, nobody, agent, nobody: each change is one signal and none is a barge-in."""
    state, seen = FusionState(reads_faces=False), []
    for at_ms, happens in enumerate(("customer", "silence", "agent", "done")):
        at = stamp(at_ms * 1000)
        if happens in ("customer", "silence"):
            event = VoiceStarted if happens == "customer" else VoiceStopped
            state, findings = hear(state, event(call_id="call", stamp=at))
        else:
            state, findings = speak(state, speaks=happens == "agent", stamp=at)
        seen += [finding.value for finding in findings]
    assert seen == [TurnValue(holder=holder) for holder in ("customer", "nobody", "agent", "nobody")]
