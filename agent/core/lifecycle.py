"""A call's life as one explicit state machine: which state, how it came there, and why it ended."""

from dataclasses import dataclass, replace
from enum import StrEnum

from agent.core.errors import IllegalTransition


class CallState(StrEnum):
    OFFERED = "offered"
    """The notice is shown; nothing is analysed."""
    CONSENTED = "consented"
    """The customer chose; media is being set up."""
    CONNECTED = "connected"
    """Media flows both ways."""
    SPEAKING = "speaking"
    """The conversation has begun: someone has said something."""
    HELD = "held"
    """The customer waits, for a person or by wish; the agent is silent."""
    TAKEN_OVER = "taken_over"
    """A person speaks in the agent's place."""
    ENDED = "ended"


class CallEvent(StrEnum):
    CONSENT_GIVEN = "consent_given"
    MEDIA_CONNECTED = "media_connected"
    SPEECH_BEGAN = "speech_began"
    HOLD = "hold"
    RESUME = "resume"
    TAKE_OVER = "take_over"
    HAND_BACK = "hand_back"
    END = "end"


class EndReason(StrEnum):
    """Why a call ended."""

    CUSTOMER_LEFT = "customer_left"
    NOT_CONSENTED = "not_consented"
    CONNECTION_FAILED = "connection_failed"
    MEDIA_STOPPED = "media_stopped"
    """No packet arrived for too long."""
    AGENT_FINISHED = "agent_finished"
    STAFF_ENDED = "staff_ended"
    """A supervisor ended it."""
    SERVER_STOPPED = "server_stopped"
    INTERNAL_ERROR = "internal_error"
    NEVER_CONNECTED = "never_connected"


class Outcome(StrEnum):
    """What came of a call."""

    PERSON_ASKED = "person_asked"
    """A person was called, as the customer wished or the agent could not help."""
    ANSWERED = "answered"
    """The agent answered something that the customer said."""
    UNANSWERED = "unanswered"
    """The customer said something and got no answer."""
    NOTHING_SAID = "nothing_said"
    """The customer said nothing."""


_NEXT: dict[tuple[CallState, CallEvent], CallState] = {
    (CallState.OFFERED, CallEvent.CONSENT_GIVEN): CallState.CONSENTED,
    (CallState.CONSENTED, CallEvent.MEDIA_CONNECTED): CallState.CONNECTED,
    (CallState.CONNECTED, CallEvent.SPEECH_BEGAN): CallState.SPEAKING,
    (CallState.CONNECTED, CallEvent.HOLD): CallState.HELD,
    (CallState.SPEAKING, CallEvent.HOLD): CallState.HELD,
    (CallState.HELD, CallEvent.RESUME): CallState.SPEAKING,
    (CallState.CONNECTED, CallEvent.TAKE_OVER): CallState.TAKEN_OVER,
    (CallState.SPEAKING, CallEvent.TAKE_OVER): CallState.TAKEN_OVER,
    (CallState.HELD, CallEvent.TAKE_OVER): CallState.TAKEN_OVER,
    (CallState.TAKEN_OVER, CallEvent.HAND_BACK): CallState.SPEAKING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLife:
    """Where a call stands. Values never change: `step` gives the next one."""

    state: CallState = CallState.OFFERED
    entered_ns: int
    """Monotonic time at which this state was entered."""
    ended_because: EndReason | None = None

    @property
    def over(self) -> bool:
        return self.state is CallState.ENDED

    def step(self, event: CallEvent, *, now_ns: int, reason: EndReason | None = None) -> "CallLife":
        """The life after `event`. `END` needs a `reason` and is taken in any living state.

        Raises `IllegalTransition` for an event that this state does not know.
        """
        if event is CallEvent.END and not self.over:
            if reason is None:
                raise IllegalTransition("a call ends for a reason; give one")
            return replace(self, state=CallState.ENDED, entered_ns=now_ns, ended_because=reason)
        following = _NEXT.get((self.state, event))
        if following is None:
            raise IllegalTransition(f"a call that is {self.state.value} cannot take {event.value}")
        return replace(self, state=following, entered_ns=now_ns)
