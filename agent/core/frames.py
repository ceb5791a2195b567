"""What becomes of a customer's camera frames: one word for each fate, and a ledger a call in which the sums add up."""

from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum


class FrameOutcome(StrEnum):
    """The fate of a frame of which anything arrived, in the order in which it can meet them."""

    INCOMPLETE = "incomplete"
    """Given up: part of it, or of what it builds on, never came."""
    DECODER_BEHIND = "decoder behind"
    """Thrown away because too many waited for the decoder."""
    UNDECODED = "undecoded"
    """The decoder made no picture of it."""
    NEWER_ARRIVED = "newer arrived"
    """Replaced in the mailbox before a thread was free."""
    CAMERA_OFF = "camera off"
    """Sent although the customer had switched the camera off."""
    PAUSED = "paused"
    """Left out on purpose, to stay within the budget."""
    OVER_BUDGET = "budget"
    """It could not have been analysed by its deadline, so that its analysis was not begun."""
    NOT_CONSENTED = "not consented"
    """Nothing may be read of it."""
    FAILED = "models failed"
    ANALYSED = "analysed"
    STOPPED = "stopped"
    """The server was shutting down."""
    CALL_CLOSED = "call closed"
    """Still on its way when the call ended."""


Intake = Callable[[], tuple[int, Mapping[FrameOutcome, int]]]
"""Frames received so far, and those of them that came to nothing before they were pictures, by why."""


class FrameLedger:
    """One call's frames by what became of them. Owned by the event loop.

    received = the sum over all outcomes + `in_flight`, at any time; after `close`, nothing is in flight.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._settled: Counter[FrameOutcome] = Counter()
        self._closed: tuple[int, dict[FrameOutcome, int]] | None = None

    def settle(self, outcome: FrameOutcome) -> None:
        """A picture has met its fate."""
        self._settled[outcome] += 1

    def close(self) -> None:
        """The call is over: what is still on its way will not be analysed, and what comes later is not counted."""
        if self._closed is None:
            received, outcomes = self._read()
            left = received - sum(outcomes.values())
            if left > 0:
                outcomes[FrameOutcome.CALL_CLOSED] = outcomes.get(FrameOutcome.CALL_CLOSED, 0) + left
            self._closed = received, outcomes

    @property
    def received(self) -> int:
        """Frames of which anything arrived, save those that are still incomplete."""
        return self._read()[0]

    @property
    def outcomes(self) -> dict[FrameOutcome, int]:
        return self._read()[1]

    @property
    def in_flight(self) -> int:
        """Frames that are waiting to be decoded or analysed, or at it."""
        received, outcomes = self._read()
        return received - sum(outcomes.values())

    def counts(self) -> dict[str, int]:
        """ "received", then every outcome that occurred by its name."""
        received, outcomes = self._read()
        return {"received": received, **{outcome.value: count for outcome, count in outcomes.items() if count}}

    def _read(self) -> tuple[int, dict[FrameOutcome, int]]:
        if self._closed is not None:
            return self._closed
        received, early = self._intake()
        # A frame may meet the same fate before it is a picture and after.
        outcomes = Counter(early)
        outcomes.update(self._settled)
        return received, outcomes


def outcome_named(reason: str) -> FrameOutcome:
    """The outcome that a reading's reason stands for; "models failed: ValueError" is `FAILED`."""
    name = reason.partition(":")[0]
    try:
        return FrameOutcome(name)
    except ValueError:
        return FrameOutcome.FAILED
