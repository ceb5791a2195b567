"""One utterance while it is being said: its sound, cut into pieces that Whisper can hold, and the words read so far."""

from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.speech import MIC_RATE_HZ, UNSPACED_LANGUAGES, Transcript, VoiceEmotionReading
from agent.core.types import Stamp, read_only
from agent.perception.activity import WINDOW_SAMPLES
from agent.perception.transcript import LONGEST_S
from agent.perception.wished import PLAIN, Decoding, Words

SEAL_AT_PAUSE_SAMPLES = 15 * MIC_RATE_HZ
"""A piece this long ends at the next pause."""
SEAL_ANYWAY_SAMPLES = int((LONGEST_S - 1.0) * MIC_RATE_HZ)
"""A piece this long ends at the quietest place of its last seconds."""
_QUIET_SEARCH_WINDOWS = 6 * MIC_RATE_HZ // WINDOW_SAMPLES
_QUIET_SPAN_WINDOWS = 3

LONGEST_UTTERANCE_SAMPLES = 120 * MIC_RATE_HZ
"""Who speaks this long without a pause that ends the turn is answered all the same."""


class Urgency(IntEnum):
    """Why words are wanted; a lower one is served first."""

    FINAL = 0
    """The sound is complete: its words must come."""
    PAUSE = 1
    """The turn may be over: words and end of turn are wanted early, and are of no use once the speaker goes on."""
    PARTIAL = 2
    """Somebody wants to read along; may be refused."""
    MANNER = 3
    """The words are known, and how they were said, or what they are in English, is wanted: nobody waits for it."""
    FILE = 4
    """Sound of no call: it waits for as long as any call wants something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Sound of which the words are wanted."""

    call_id: str
    utterance_id: int
    piece: int
    urgency: Urgency
    samples: NDArray[np.float32] = field(repr=False)
    """(n,) float32 at 16 kHz, read-only."""
    heard_to_sample: int
    """Position in the track at which the sound ends."""
    language: str = "en"
    """ISO 639-1, or `AUTO`."""
    decoding: Decoding = PLAIN
    keeps_states: bool = False
    """Whether the words are to keep the encoder's states, to tell later how they were said."""
    said: "Said | None" = None
    """What the sound was read as, when; for `MANNER` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that were read before."""

    words: Words
    end: Stamp
    """Of the last voiced sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request."""

    request: Request
    words: Words | None
    """None when reading failed."""
    finished_prob: float | None = None
    """Whether the turn has ended; for `PAUSE` only, and only where there are words."""
    stage_ms: dict[str, float] = field(default_factory=dict)
    failure: str | None = None
    more: bool = False
    """Whether the same answer comes again with `finished_prob`."""
    manner: VoiceEmotionReading | None = None
    """For `MANNER` only, and always there."""


@dataclass(slots=True, kw_only=True)
class Utterance:
    """Owned and changed by the listener of its call alone."""

    id: int
    stamp: Stamp
    """Of the first voiced sample."""
    voiced_end: Stamp
    """Just after the last voiced sample so far."""
    voiced_end_sample: int
    samples: int = 0
    """Length of all pieces."""
    piece: int = 0
    """The piece that is still growing; earlier ones are sealed."""
    windows: list[NDArray[np.float32]] = field(default_factory=list)
    probs: list[float] = field(default_factory=list)
    """Probability of speech in each of `windows`."""
    sealed: dict[int, Answer | None] = field(default_factory=dict)
    """What sealed pieces say, None until known."""
    pause: Answer | None = None
    """The growing piece as it was read in the last pause."""
    longest_pause_samples: int = 0
    """Between words of this turn."""
    guess: str = field(default="", repr=False)
    """The words that were last told in a pause, which may be all of them."""
    guessed_ns: int = 0
    ended_ns: int | None = None
    """When the turn was found to have ended."""
    answer_from_ns: int = 0
    """When an answer may be heard, by its capture time."""

    @property
    def piece_samples(self) -> int:
        return len(self.windows) * WINDOW_SAMPLES

    @property
    def complete(self) -> bool:
        """Whether the turn has ended and the words of every piece are known."""
        return self.ended_ns is not None and None not in self.sealed.values()

    @property
    def failed(self) -> bool:
        """Whether the words of some piece could not be read."""
        return any(answer is not None and answer.words is None for answer in self.sealed.values())

    def append(self, window: NDArray[np.float32], prob: float) -> None:
        self.windows.append(window)
        self.probs.append(prob)
        self.samples += WINDOW_SAMPLES

    def sound(self) -> NDArray[np.float32]:
        """The growing piece as one read-only array."""
        return read_only(np.concatenate(self.windows))

    def seal(self, windows: int) -> NDArray[np.float32]:
        """Ends the growing piece after its first `windows`, gives its sound, and begins the next with the rest."""
        sound = read_only(np.concatenate(self.windows[:windows]))
        self.windows, self.probs = self.windows[windows:], self.probs[windows:]
        self.sealed[self.piece] = None
        self.piece += 1
        self.pause = None
        return sound

    def quietest_windows(self) -> int:
        """How many windows to keep so that the cut falls where speech is least probable, near the end of the piece."""
        recent = self.probs[-_QUIET_SEARCH_WINDOWS:]
        spans = np.convolve(recent, np.ones(_QUIET_SPAN_WINDOWS), mode="valid")
        return len(self.probs) - len(recent) + int(np.argmin(spans)) + _QUIET_SPAN_WINDOWS // 2 + 1

    def pause_answer(self) -> Answer | None:
        """What was read in the pause that still lasts, if it was."""
        return self.pause if self.pause is not None and self.heard_whole(self.pause.request) else None

    def heard_whole(self, request: Request) -> bool:
        """Whether nothing was said after the sound of `request`."""
        return request.heard_to_sample >= self.voiced_end_sample

    def told(self, text: str, now_ns: int) -> None:
        """Notes that `text` was told in a pause."""
        self.guess, self.guessed_ns = text, now_ns

    def text(self, growing: Answer | None = None) -> str:
        """Everything said so far, with `growing` for the growing piece."""
        said = [answer.words for answer in self._answers(growing) if answer.words and answer.words.text]
        spaced = all(words.language not in UNSPACED_LANGUAGES for words in said)
        return (" " if spaced else "").join(words.text for words in said)

    def transcript(
        self,
        call_id: str,
        language: str,
        *,
        growing: Answer | None = None,
        final: bool,
        paused: bool = False,
        now_ns: int,
    ) -> Transcript:
        """The words so far as an event."""
        answers = self._answers(growing)
        stage_ms: dict[str, float] = {}
        if self.ended_ns is not None:
            stage_ms["endpoint_wait"] = (self.ended_ns - self.voiced_end.captured_ns) / NS_PER_MS
        for answer in answers:
            for stage, ms in answer.stage_ms.items():
                stage_ms[stage] = stage_ms.get(stage, 0.0) + ms
        if final and self.guess and self.guess == self.text():
            stage_ms["guessed_ahead"] = (now_ns - self.guessed_ns) / NS_PER_MS
        logprobs = [answer.words.mean_token_logprob for answer in answers if answer.words and answer.words.text]
        return Transcript(
            call_id=call_id,
            utterance_id=self.id,
            stamp=self.stamp,
            speech_end_ns=self.voiced_end.captured_ns,
            text=self.text(growing),
            final=final,
            language=language,
            mean_token_logprob=sum(logprobs) / len(logprobs) if logprobs else 0.0,
            stage_ms=stage_ms,
            finished_ns=now_ns,
            paused=paused,
            answer_from_ns=self.answer_from_ns if final else 0,
        )

    def manner_wanted(self) -> list[Request]:
        """Asks how the last words of a complete utterance were said; nothing where it has none."""
        last = next((one for one in reversed(self._answers(None)) if one.words and one.words.text), None)
        if last is None or last.words is None:
            return []
        said = Said(words=last.words, end=self.voiced_end)
        return [replace(last.request, urgency=Urgency.MANNER, said=said)]

    def translation_wanted(self, language: str) -> list[Request]:
        """Asks for the words of each piece of a complete utterance in English."""
        return [
            replace(
                answer.request,
                urgency=Urgency.MANNER,
                language=language,
                decoding=Decoding(into_english=True),
                keeps_states=False,
            )
            for answer in self._answers(None)
            if answer.words and answer.words.text
        ]

    def _answers(self, growing: Answer | None) -> list[Answer]:
        sealed = [answer for _, answer in sorted(self.sealed.items())]
        return [answer for answer in [*sealed, growing] if answer is not None]
