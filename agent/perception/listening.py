"""Listens to one call: from windows of sound to voice events, levels and turns, without threads."""

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.sentences import tell
from agent.core.settings import HearingSettings
from agent.core.speech import HearingFailed, MicWindow, VoiceEmotionReading, VoiceLevel
from agent.perception.activity import WINDOW_SAMPLES, VoiceGate
from agent.perception.echo import EchoGuard, Playout
from agent.perception.foreground import Foreground
from agent.perception.framing import Framer, SoundFrame
from agent.perception.loudness import PITCH_SAMPLES, energy_db, pitch_hz
from agent.perception.turns import Outcome, Turns
from agent.perception.utterance import Answer

MAYBE_VOICE_PROB = 0.3
"""Below this no frame counts as voice anyway."""
LEVEL_WINDOWS = 3
"""Levels are told every 96 ms."""


class SpeechProbability(Protocol):
    """What tells voice from other sound; `agent.perception.activity.VoiceActivity` in a call."""

    def probability(self, window: NDArray[np.float32]) -> float: ...

    def reset(self) -> None: ...


class Listener:
    """The state of one call's hearing. One thread at a time may step it."""

    def __init__(
        self, call_id: str, activity: SpeechProbability, settings: HearingSettings, playout: Playout | None = None
    ) -> None:
        """`playout` is what the speaker plays, so that its echo is not taken for the customer."""
        self._call_id = call_id
        self._activity = activity
        self._settings = settings
        self._framer = Framer()
        self._gate = VoiceGate(settings.speech_prob)
        self._playout = playout
        self._foreground = Foreground()
        self._echo = EchoGuard(playout) if playout is not None else None
        self._turns = Turns(call_id, settings, self._framer.stamp_at)
        self._others: list[VoiceLevel | VoiceEmotionReading | HearingFailed] = []
        """Events that are not about turns."""
        self._unlevelled: deque[NDArray[np.float32]] = deque(maxlen=LEVEL_WINDOWS)

    @property
    def reads_emotion(self) -> bool:
        """Whether how things are said is asked for. Off at first; any thread may set it at any time."""
        return self._turns.words.reads_emotion

    @reads_emotion.setter
    def reads_emotion(self, reads: bool) -> None:
        self._turns.words.reads_emotion = reads

    @property
    def waits_for_silence(self) -> bool:
        """Whether an utterance is open, which silence would end."""
        return self._turns.waits_for_silence

    def hear(self, window: MicWindow, now_ns: int) -> Outcome:
        """Takes the next window of the track.

        A voice model that fails ends the utterance with the words so far, is told as `HearingFailed`, and starts anew.
        """
        try:
            for frame in self._framer.frames(window):
                self._step(frame, now_ns)
        except Exception as error:
            self._activity.reset()
            self._end(now_ns)
            reason = tell("activity_failed", error=type(error).__name__)
            self._others.append(HearingFailed(call_id=self._call_id, stamp=window.stamp, reason=reason))
        return self._outcome()

    def hear_nothing(self, now_ns: int) -> Outcome:
        """Says that no sound has come for as long as ends any turn."""
        self._end(now_ns)
        return self._outcome()

    def take(self, answer: Answer, now_ns: int) -> Outcome:
        """Takes what became of an earlier request."""
        if answer.manner is None:
            self._turns.take(answer, now_ns)
        elif self.reads_emotion:
            self._others.append(answer.manner)
        return self._outcome()

    def _outcome(self) -> Outcome:
        turns = self._turns.outcome()
        others = tuple(self._others)
        self._others.clear()
        return Outcome(turns.events + others, turns.requests)

    def _step(self, frame: SoundFrame, now_ns: int) -> None:
        if frame.gap_samples:
            self._activity.reset()
            if self._turns.miss(frame.gap_samples, now_ns):
                self._gate = VoiceGate(self._settings.speech_prob)
        prob = self._activity.probability(frame.samples)
        if self._is_echo(frame, prob) or self._is_behind(frame, prob):
            prob = 0.0
        self._gate.step(prob)
        self._turns.follow(frame, prob, self._gate, now_ns)
        self._unlevelled.append(frame.samples)
        if len(self._unlevelled) == LEVEL_WINDOWS:
            self._tell_level(frame, prob)

    def _is_echo(self, frame: SoundFrame, prob: float) -> bool:
        """Whether the frame would count as voice and is the agent's own; costs nothing while it is silent."""
        if self._echo is None:
            return False
        self._echo.hear(frame.samples)
        return prob >= MAYBE_VOICE_PROB and self._echo.is_echo(self._framer.stamp_at(frame.end_sample).captured_ns)

    def _is_behind(self, frame: SoundFrame, prob: float) -> bool:
        mouth_talks = self._playout.mouth_talks() if self._playout is not None else None
        return self._foreground.is_behind(energy_db(frame.samples), prob, mouth_talks=mouth_talks)

    def _tell_level(self, frame: SoundFrame, prob: float) -> None:
        sound = np.concatenate(self._unlevelled)
        self._unlevelled.clear()
        self._others.append(
            VoiceLevel(
                call_id=self._call_id,
                stamp=self._framer.stamp_at(frame.end_sample - LEVEL_WINDOWS * WINDOW_SAMPLES),
                speech_prob=prob,
                energy_db=energy_db(sound),
                pitch_hz=pitch_hz(sound[-PITCH_SAMPLES:]) if self._gate.voiced else None,
            )
        )

    def _end(self, now_ns: int) -> None:
        self._turns.end(now_ns)
        self._gate = VoiceGate(self._settings.speech_prob)
