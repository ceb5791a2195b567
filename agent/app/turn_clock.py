"""How long each of a customer's spoken turns waited: for the final words, for the reply's text, for its first sound."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.app.journey import Span
from agent.core.clock import NS_PER_S
from agent.core.speech import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn in monotonic times. What was said is not in it."""

    call_id: str
    speech_began_ns: int
    speech_ended_ns: int
    """Capture of the last voiced sample."""
    final_ns: int
    """The final words were there."""
    stage_ms: Mapping[str, float]
    """Milliseconds of reading the words, by stage, as in `Transcript.stage_ms`."""
    text_ns: int | None = None
    audio_ns: int | None = None
    """The first clause of the reply was handed to the outgoing track, which sends it within 20 ms."""
    frame_id: int | None = None
    """The camera frame that was analysed last before the final words."""
    frame_spans: Sequence[Span] = field(default=(), repr=False)


class TurnClock:
    """Follows one call's turns. A turn is over with the first sound of its reply, or when something else begins.

    `waited` is told seconds since the end of speech and until what: "final", "reply_text", "first_audio".
    `over` is told each turn once.
    """

    def __init__(self, waited: Callable[[str, float], None], over: Callable[[Turn], None]) -> None:
        self._waited = waited
        self._over = over
        self._turn: Turn | None = None

    def words(self, event: Transcript, now_ns: int, *, frame_id: int | None, frame_spans: Sequence[Span]) -> None:
        """The final words of a turn."""
        self.abandon()
        self._turn = Turn(
            call_id=event.call_id,
            speech_began_ns=event.stamp.captured_ns,
            speech_ended_ns=event.speech_end_ns,
            final_ns=now_ns,
            stage_ms=event.stage_ms,
            frame_id=frame_id,
            frame_spans=frame_spans,
        )
        self._note("final", now_ns)

    def reply_text(self, now_ns: int) -> None:
        """The text of a reply has begun or grown."""
        if self._turn is not None and self._turn.text_ns is None:
            self._turn = replace(self._turn, text_ns=now_ns)
            self._note("reply_text", now_ns)

    def audible(self, now_ns: int) -> None:
        """The agent's voice began."""
        if self._turn is not None and self._turn.text_ns is not None:
            self._turn = replace(self._turn, audio_ns=now_ns)
            self._note("first_audio", now_ns)
            self.abandon()

    def abandon(self) -> None:
        """Whatever comes next belongs to no turn that is known."""
        turn, self._turn = self._turn, None
        if turn is not None:
            self._over(turn)

    def _note(self, until: str, now_ns: int) -> None:
        assert self._turn is not None
        self._waited(until, (now_ns - self._turn.speech_ended_ns) / NS_PER_S)
