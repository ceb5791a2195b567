"""The room of a benchmark customer: a microphone that also hears the loudspeaker, and when the agent was audible."""

import time
from collections import deque

import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.media.clause import FRAME_SAMPLES, RATE_HZ
from agent.media.recording import AUDIBLE_RMS
from agent.media.speaker import Speaker

HUSH_RMS = 3e-4
"""A quiet room, -70 dB of full scale."""
LONGEST_ECHO_S = 2


class RoomMicrophone(Speaker):
    """A customer's microphone: what the customer says, the hush of the room, and the loudspeaker if that is loud.

    `hears` gets what comes out of the loudspeaker.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.echo_db: float | None = None
        """How loud the loudspeaker reaches the microphone; None where headphones are worn."""
        self.echo_delay_ms = 60
        self._random = np.random.default_rng(seed)
        self._loudspeaker: deque[NDArray[np.float32]] = deque()

    def hears(self, played: NDArray[np.int16]) -> None:
        """Takes (n,) samples at 48 kHz that the loudspeaker plays now."""
        if self.echo_db is None:
            self._loudspeaker.clear()
            return
        if not self._loudspeaker:
            self._loudspeaker.append(np.zeros(self.echo_delay_ms * RATE_HZ // 1_000, np.float32))
        if sum(map(len, self._loudspeaker)) < LONGEST_ECHO_S * RATE_HZ:
            self._loudspeaker.append(np.multiply(played, 10 ** (self.echo_db / 20) / 32_768, dtype=np.float32))

    async def recv(self) -> AudioFrame:
        spoken = await super().recv()
        assert isinstance(spoken, AudioFrame), "a room is never quite silent, so this speaker does not rest"
        sound = np.multiply(spoken.to_ndarray().reshape(-1), 1 / 32_767, dtype=np.float32)
        sound = sound + self._random.standard_normal(FRAME_SAMPLES, np.float32) * HUSH_RMS + self._echo()
        frame = AudioFrame.from_ndarray(
            (np.clip(sound, -1, 1) * 32_767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, spoken.time_base, spoken.pts
        return frame

    def _echo(self) -> NDArray[np.float32]:
        block = np.zeros(FRAME_SAMPLES, np.float32)
        filled = 0
        while self._loudspeaker and filled < FRAME_SAMPLES:
            part = self._loudspeaker.popleft()
            taken = part[: FRAME_SAMPLES - filled]
            block[filled : filled + len(taken)] = taken
            filled += len(taken)
            if len(taken) < len(part):
                self._loudspeaker.appendleft(part[len(taken) :])
        return block


class Loudspeaker:
    """When the agent was audible at the customer's end of the wire, in pieces of 20 ms."""

    def __init__(self) -> None:
        self.audible_ns: list[int] = []
        """Monotonic times at which audible pieces came out of the network."""

    def plays(self, played: NDArray[np.int16]) -> None:
        if float(np.sqrt(np.mean(np.square(played / 32_768)))) > AUDIBLE_RMS:
            self.audible_ns.append(time.monotonic_ns())

    def silent_for_ms(self) -> float:
        """Since when the agent has been silent."""
        return (time.monotonic_ns() - self.audible_ns[-1]) / NS_PER_MS if self.audible_ns else float("inf")

    def first_after(self, since_ns: int) -> int | None:
        """When the agent was first audible after `since_ns`."""
        return next((at_ns for at_ns in self.audible_ns if at_ns > since_ns), None)

    def falls_silent(self, since_ns: int, *, for_ms: float) -> int | None:
        """The last audible moment from `since_ns` on before a silence of `for_ms`; None if there was none such."""
        after = [at_ns for at_ns in self.audible_ns if at_ns >= since_ns]
        if not after:
            return since_ns
        for at_ns, next_ns in zip(after, [*after[1:], time.monotonic_ns()], strict=True):
            if next_ns - at_ns >= for_ms * NS_PER_MS:
                return at_ns
        return None

    def gaps_ms(self, since_ns: int, until_ns: int, *, at_least_ms: float) -> list[float]:
        """Silences between audible moments."""
        heard = [at_ns for at_ns in self.audible_ns if since_ns <= at_ns <= until_ns]
        gaps = [(later - earlier) / NS_PER_MS for earlier, later in zip(heard, heard[1:], strict=False)]
        return [gap for gap in gaps if gap >= at_least_ms]
