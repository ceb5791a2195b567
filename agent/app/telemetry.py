"""What the process tells about itself: metrics of all calls, and traces of turns if asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from agent.app.journey import Span
from agent.app.load import Load
from agent.app.turn_clock import Turn
from agent.core.clock import NS_PER_S
from agent.core.frames import FrameLedger
from agent.core.lifecycle import EndReason
from agent.core.speech import MIC_RATE_HZ
from agent.core.types import Stamp
from agent.perception.hearing import Hearing
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics, Totals

PROCESS = "process"


class Books(Protocol):
    """What a live call keeps."""

    frames: FrameLedger

    def totals(self) -> Totals: ...


class TurnTracer(Protocol):
    """Where turns go that are over."""

    def trace(self, turn: Turn) -> None: ...


class Telemetry:
    """Owned by the event loop."""

    def __init__(
        self,
        hub: Hub,
        runs: Callable[[], Mapping[str, int]],
        hearing: Hearing,
        load: Load,
        tracer: TurnTracer | None = None,
    ) -> None:
        """`runs` says how often each model has run."""
        self.metrics = Metrics()
        self.metrics.refresh = self._refresh
        load.on_lag = self.metrics.loop_lag.observe
        self._hub = hub
        self._runs = runs
        self._hearing = hearing
        self._load = load
        self._tracer = tracer
        self._books: dict[str, Books] = {}
        self._ended: Counter[str] = Counter()

    def open_books(self, call_id: str, books: Books) -> None:
        self._books[call_id] = books

    def close_books(self, call_id: str, totals: Totals, reason: EndReason) -> None:
        """A call ended with these counts."""
        if self._books.pop(call_id, None) is not None:
            self.metrics.tally(call_id, totals)
            self.metrics.forget(call_id)
            self._ended[reason.value] += 1

    def frame(self, stamp: Stamp, published_ns: int, spans: Iterable[Span]) -> None:
        """An analysed frame, stage by stage."""
        self.metrics.frame(
            (published_ns - stamp.captured_ns) / NS_PER_S,
            stamp.captured_from.value,
            [(name, (ended_ns - began_ns) / NS_PER_S) for name, began_ns, ended_ns in spans],
        )

    def waited(self, until: str, seconds: float) -> None:
        """A customer waited this long since the end of speech."""
        self.metrics.turn.labels(until).observe(seconds)

    def gave_way(self, seconds: float) -> None:
        """The agent fell silent this long after the customer began to speak over it."""
        self.metrics.interruption.observe(seconds)

    def turn_over(self, turn: Turn) -> None:
        if self._tracer is not None:
            self._tracer.trace(turn)

    def _refresh(self) -> None:
        metrics, hub = self.metrics, self._hub
        for call_id, books in self._books.items():
            metrics.tally(call_id, books.totals())
        metrics.tally(
            PROCESS,
            {
                **{("agent_model_runs", model): runs for model, runs in self._runs().items()},
                **{("agent_calls_ended", reason): calls for reason, calls in self._ended.items()},
                ("agent_sound_dropped_seconds", ""): self._hearing.dropped_samples / MIC_RATE_HZ,
                ("agent_dropped", "subscriber_state"): hub.states_replaced,
                ("agent_dropped", "subscriber"): hub.let_go,
                **self._load.totals(),
            },
        )
        metrics.now(
            states=Counter(call.state for call in hub.calls()),
            subscribers=hub.subscribers,
            in_flight=sum(books.frames.in_flight for books in self._books.values()),
            rungs=self._load.rungs(),
        )
