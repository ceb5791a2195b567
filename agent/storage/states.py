"""State signals by the second: of each kind the latest, and all kinds of one call's second in one row."""

import zlib
from dataclasses import dataclass, field

import msgspec

from agent.core.clock import NS_PER_S
from agent.core.signals import Signal, kind_of

EVERY_S = 1.0


class KeptState(msgspec.Struct, frozen=True, array_like=True):
    """One signal, without names of fields to save room."""

    kind: str
    seq: int
    captured_at: float
    media_ms: float
    age_ms: float
    confidence: float | None
    valid: bool
    reason: str | None
    value: msgspec.Raw
    """JSON."""


@dataclass(slots=True)
class _Second:
    began_ns: int
    latest: dict[str, Signal] = field(default_factory=dict)
    """By kind."""


class Seconds:
    """The second that each call is in."""

    def __init__(self) -> None:
        self._of_call: dict[str, _Second] = {}

    def __bool__(self) -> bool:
        return bool(self._of_call)

    def put(self, signal: Signal, kind: str, now_ns: int) -> list[Signal]:
        """A later signal of the same kind and second replaces it. Takes out the call's second before, if it is over."""
        second = self._of_call.get(signal.call_id)
        over: list[Signal] = []
        if second is None or self.is_over(signal.call_id, now_ns):
            over = self.of(signal.call_id)
            second = self._of_call[signal.call_id] = _Second(began_ns=now_ns)
        second.latest[kind] = signal
        return over

    def calls(self) -> tuple[str, ...]:
        return tuple(self._of_call)

    def is_over(self, call_id: str, now_ns: int) -> bool:
        return now_ns - self._of_call[call_id].began_ns >= EVERY_S * NS_PER_S

    def of(self, call_id: str) -> list[Signal]:
        """Takes out what there is of a call's second."""
        second = self._of_call.pop(call_id, None)
        return [] if second is None else sorted(second.latest.values(), key=lambda signal: signal.seq)


def encoded(signals: list[Signal]) -> bytes:
    """Deflated JSON."""
    states = [
        KeptState(
            kind_of(signal),
            signal.seq,
            round(signal.captured_at, 3),
            round(signal.media_ms, 1),
            round(signal.age_ms, 1),
            signal.confidence,
            signal.valid,
            signal.reason,
            msgspec.Raw(msgspec.json.encode(signal.value)),
        )
        for signal in signals
    ]
    return zlib.compress(msgspec.json.encode(states), level=1)


def decoded(body: bytes) -> list[KeptState]:
    """What `encoded` was given. Raises `ValueError` for anything else."""
    try:
        return msgspec.json.decode(zlib.decompress(body), type=list[KeptState])
    except (zlib.error, msgspec.DecodeError) as fault:
        raise ValueError(f"a second of states cannot be read: {fault}") from None
