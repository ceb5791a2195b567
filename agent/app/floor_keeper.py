"""Who has the word in one call: has the mouth hold, go on or give way as the floor is ruled."""

import asyncio
from collections.abc import Callable

from agent.app.mouth import CutOff, Mouth
from agent.core.clock import NS_PER_S, Clock
from agent.core.speech import HearingEvent
from agent.dialogue.protocol import Say, SayDelta, SayEnd
from agent.fusion import floor
from agent.fusion.floor import Floor, Move, Ruling


class FloorKeeper:
    """Belongs to the event loop and never waits."""

    def __init__(self, mouth: Mouth, clock: Clock, *, on_cut: Callable[[CutOff], None]) -> None:
        """`on_cut` is told what the customer spoke over."""
        self._mouth = mouth
        self._clock = clock
        self._on_cut = on_cut
        self._floor = Floor()
        self._check: asyncio.TimerHandle | None = None

    def hear(self, event: HearingEvent) -> bool:
        """A hearing event; whether it is to be answered. The agent falls silent here and now when spoken over."""
        self._floor, ruling = floor.hear(self._floor, event, self._mouth.speech, self._clock.now_ns())
        self._obey(ruling)
        return ruling.heed

    def see_palm(self, raised: bool) -> None:
        """An open palm has gone up or down."""
        self._floor, ruling = floor.palm(
            self._floor, raised=raised, agent=self._mouth.speech, now_ns=self._clock.now_ns()
        )
        self._obey(ruling)

    def speak(self, message: Say | SayDelta | SayEnd) -> None:
        """Speaks, unless the customer does: then the reply waits until it is known what is being said."""
        if not self._mouth.busy:
            self._floor, ruling = floor.reply_comes(self._floor, self._clock.now_ns())
            self._obey(ruling)
        self._mouth.take(message)

    def close(self) -> None:
        """Nothing is looked at again."""
        if self._check is not None:
            self._check.cancel()
            self._check = None

    def _obey(self, ruling: Ruling) -> None:
        """Makes the mouth's move, and looks again when the floor wants it."""
        match ruling.move:
            case Move.HOLD:
                self._mouth.hold()
            case Move.GO_ON:
                self._mouth.go_on()
            case Move.YIELD if (cut_off := self._mouth.interrupt()) is not None:
                self._on_cut(cut_off)
        self.close()
        if self._floor.check_at_ns is not None:
            wait_s = max(0, self._floor.check_at_ns - self._clock.now_ns()) / NS_PER_S
            self._check = asyncio.get_running_loop().call_later(wait_s, self._look_again)

    def _look_again(self) -> None:
        self._check = None
        self._floor, ruling = floor.wait(self._floor, self._clock.now_ns())
        self._obey(ruling)
