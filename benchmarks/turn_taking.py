"""How long the ears wait at the end of a line and in pauses inside it, and how soon they notice a voice.

    python -m benchmarks.turn_taking [--recordings manifest.json] [--half even|odd] [--json]

Nothing is played and no clock is read: times are those of the sound, and models answer after a fixed time, so the
figures are the same on every machine however busy it is. Every line is heard whole and broken off at its quietest
places, followed by silence; the silence after which a turn ends says which pauses it would have survived.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS, NS_PER_S, SystemClock
from agent.core.settings import HearingSettings, Settings
from agent.core.speech import MIC_RATE_HZ, HearingEvent, Transcript, VoiceStarted
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.activity import VoiceActivity
from agent.perception.listening import Listener
from agent.perception.recorded import WINDOW_SAMPLES, windows_of
from agent.perception.transcriber import PARTIAL_REST, Reader
from agent.perception.utterance import Answer, Request, Urgency
from agent.synthesis.sound import resampled
from benchmarks.percentiles import Percentiles, percentiles
from benchmarks.speech_clarity import SENTENCES
from benchmarks.voice_sounds import Line, OwnVoice, recorded_lines

READING_MS = 110
"""Reading words: the slower of 11 recordings on two idle cores."""
END_OF_TURN_MS = 45
"""The end-of-turn model there."""
REPLY_MS = 200
"""From final words to an audible reply that was made ready early."""
HUSH_MS = 100
"""A customer who goes on is noticed after this; a reply that is not audible by then is not heard at all."""
LEAD_S, TAIL_S = 0.6, 2.0
HUSH_RMS = 3e-4
"""A quiet room, -70 dB of full scale."""
PAUSES_MS = tuple(range(300, 1_201, 100))
BREAKS = ((0.25, 0.5), (0.5, 0.75))
"""A line is broken off at the quietest place of each of these parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of one line."""

    name: str
    whole: bool
    text: str = field(repr=False)
    onset_ms: float | None
    """From the first voiced sample until the voice was told; None when it was not."""
    final_ms: float | None
    """From the last voiced sample until the words were final; None when they never were."""
    answer_ms: float | None
    """From there until an answer might be heard, if it were ready."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    lines: int
    breaks: int
    end_to_final_ms: Percentiles
    """Of whole lines, from the last voiced sample."""
    end_to_answer_ms: Percentiles
    """Until a reply is heard."""
    onset_to_voice_ms: Percentiles
    """From the first voiced sample until the agent would hold its breath; sound only, without the network."""
    onset_by_line_ms: dict[str, float]
    cutoffs_per_100: float
    """Pauses of 0.3 to 1.2 s, all lengths alike, in which the agent would have been heard."""
    splits_per_100: float
    """The same pauses, when the words before them became final."""
    cutoffs_by_pause_ms: dict[int, float]
    splits_by_pause_ms: dict[int, float]
    unended: int
    """Lines that never became final: there should be none."""


class Ears:
    """Models that hear one line after another. One thread at a time may use it."""

    def __init__(self) -> None:
        settings = Settings()
        runtime = Runtime(Registry.load(settings.models.folder), "cpu")
        self._settings = HearingSettings()
        self._activity = runtime.open("voice_activity")
        self._reader = Reader.open(runtime, self._settings, SystemClock())

    def hear(self, sound: NDArray[np.float32]) -> Iterator[tuple[float, HearingEvent]]:
        """Events in (n,) float32 sound at 16 kHz, each with the milliseconds of sound after which it became known."""
        listener = Listener("benchmark", VoiceActivity(self._activity), self._settings)
        desk = _Desk(self._reader)
        for window in windows_of(sound):
            now_ns = window.stamp.captured_ns + WINDOW_SAMPLES * NS_PER_S // MIC_RATE_HZ
            while (answer := desk.due(now_ns)) is not None:
                outcome = listener.take(answer, now_ns)
                yield from ((now_ns / NS_PER_MS, event) for event in outcome.events)
                desk.ask(outcome.requests, now_ns)
            outcome = listener.hear(window, now_ns)
            yield from ((now_ns / NS_PER_MS, event) for event in outcome.events)
            desk.ask(outcome.requests, now_ns)


class _Desk:
    """The transcriber as it would be with one thread that takes a fixed time for everything."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._free_ns = 0
        self._rest_until_ns = 0
        self._answers: list[tuple[int, Answer]] = []

    def ask(self, requests: Sequence[Request], now_ns: int) -> None:
        for request in requests:
            begin_ns = max(now_ns, self._free_ns)
            if request.urgency is Urgency.PARTIAL:
                # Its words change nothing about turns; only that it keeps the thread does.
                if begin_ns == now_ns >= self._rest_until_ns:
                    self._free_ns = now_ns + READING_MS * NS_PER_MS
                    self._rest_until_ns = self._free_ns + PARTIAL_REST * READING_MS * NS_PER_MS
                continue
            for number, answer in enumerate(self._reader.answers(request)):
                self._free_ns = begin_ns + (READING_MS + number * END_OF_TURN_MS) * NS_PER_MS
                self._answers.append((self._free_ns, answer))

    def due(self, now_ns: int) -> Answer | None:
        if self._answers and self._answers[0][0] <= now_ns:
            return self._answers.pop(0)[1]
        return None


def measure(ears: Ears, lines: Sequence[Line]) -> list[Heard]:
    """Hears every line whole and broken off."""
    found = []
    for line in lines:
        sound = line.chunk.samples
        sound = resampled(sound, len(sound) * MIC_RATE_HZ // line.chunk.rate_hz)
        found.append(_heard(ears, line.name, sound, whole=True))
        for begin, end in BREAKS:
            found.append(_heard(ears, line.name, _broken_off(sound, begin, end), whole=False))
    return found


def report(found: Sequence[Heard]) -> Report:
    """Figures over lines of which at least one was heard whole and one broken off."""
    never_ms = (LEAD_S + TAIL_S) * 1_000
    wholes = [one for one in found if one.whole]
    breaks = [one for one in found if not one.whole]
    ends_ms, breaks_ms = (
        [never_ms if one.final_ms is None else one.final_ms for one in kind] for kind in (wholes, breaks)
    )
    heard_ms = [max(final_ms + REPLY_MS, one.answer_ms or 0.0) for final_ms, one in zip(breaks_ms, breaks, strict=True)]
    answers_ms = [max(final_ms + REPLY_MS, one.answer_ms or 0.0) for final_ms, one in zip(ends_ms, wholes, strict=True)]
    onsets = {one.name: one.onset_ms for one in wholes if one.onset_ms is not None}
    splits = {pause: _share(breaks_ms, pause) for pause in PAUSES_MS}
    cutoffs = {pause: _share(heard_ms, pause + HUSH_MS) for pause in PAUSES_MS}
    return Report(
        lines=len(wholes),
        breaks=len(breaks_ms),
        end_to_final_ms=percentiles(ends_ms),
        end_to_answer_ms=percentiles(answers_ms),
        onset_to_voice_ms=percentiles(list(onsets.values())),
        onset_by_line_ms=onsets,
        cutoffs_per_100=round(float(np.mean(list(cutoffs.values()))), 1),
        splits_per_100=round(float(np.mean(list(splits.values()))), 1),
        cutoffs_by_pause_ms=cutoffs,
        splits_by_pause_ms=splits,
        unended=sum(one.final_ms is None for one in found),
    )


def _share(ended_ms: Sequence[float], within_ms: float) -> float:
    return round(100 * float(np.mean([one < within_ms for one in ended_ms])), 1)


def _heard(ears: Ears, name: str, spoken: NDArray[np.float32], *, whole: bool) -> Heard:
    lead, tail = (_room(seconds, seed) for seed, seconds in enumerate((LEAD_S, TAIL_S)))
    events = list(ears.hear(np.concatenate([lead, spoken + _room(len(spoken) / MIC_RATE_HZ, 2), tail])))
    begin_ms = LEAD_S * 1_000
    end_ms = begin_ms + len(spoken) * 1_000 / MIC_RATE_HZ
    voice = [at_ms for at_ms, event in events if isinstance(event, VoiceStarted)]
    finals = [(at_ms, event) for at_ms, event in events if isinstance(event, Transcript) and event.final]
    return Heard(
        name=name,
        whole=whole,
        text=" / ".join(event.text for _, event in finals),
        onset_ms=round(voice[0] - begin_ms, 1) if voice else None,
        final_ms=round(finals[-1][0] - end_ms, 1) if finals else None,
        answer_ms=round(finals[-1][1].answer_from_ns / NS_PER_MS - end_ms, 1) if finals else None,
    )


def _broken_off(sound: NDArray[np.float32], begin: float, end: float) -> NDArray[np.float32]:
    """Up to the quietest 40 ms between these shares of its length, faded out over 10 ms."""
    step = MIC_RATE_HZ // 100
    levels = np.square(sound[: len(sound) // step * step]).reshape(-1, step).mean(axis=1)
    smooth = np.convolve(levels, np.full(4, 0.25), mode="same")
    first = int(len(smooth) * begin)
    cut = (first + int(np.argmin(smooth[first : int(len(smooth) * end)]))) * step
    broken = sound[:cut].copy()
    broken[-step:] *= np.linspace(1, 0, step, dtype=np.float32)
    return broken


def _room(seconds: float, seed: int) -> NDArray[np.float32]:
    count = round(seconds * MIC_RATE_HZ)
    return np.random.default_rng(seed).standard_normal(count, np.float32) * np.float32(HUSH_RMS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=Path, help="manifest of speech; without, the agent's voice speaks")
    parser.add_argument("--half", choices=("even", "odd"), help="every other line: one half to tune on, one to report")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    if arguments.recordings is not None:
        lines = recorded_lines(arguments.recordings)
    else:
        voice = OwnVoice()
        lines = [voice.line(text) for text in SENTENCES.read_text(encoding="utf-8").splitlines()]
    first = {None: 0, "even": 0, "odd": 1}[arguments.half]
    found = measure(Ears(), lines[first :: 2 if arguments.half else 1])
    figures = report(found)
    if not arguments.json:
        for one in found:
            print("end  " if one.whole else "break", one.final_ms, one.answer_ms, one.text)
    print(msgspec.json.encode(figures).decode() if arguments.json else figures)


if __name__ == "__main__":
    main()
