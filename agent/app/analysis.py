"""The perception of calls on a recorded file: the same models and the same fusion, in the order of the file's time."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, AudioResampler, VideoFrame

from agent.app.licences import within_licences
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.consent import Choice, consent_for
from agent.core.errors import NotMedia
from agent.core.pictures import Picture
from agent.core.settings import Settings
from agent.core.signals import Finding, IntentValue, Signal, signal_from
from agent.core.speech import MIC_RATE_HZ, HearingEvent, MicWindow, Transcript
from agent.core.types import CameraFrame, CaptureOrigin, Stamp, VisionReading, read_only
from agent.dialogue.understanding import load_understandings
from agent.fusion import fusion
from agent.fusion.scene import Judge, SceneModel
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.recorded import RecordedHearing
from agent.perception.vision import VisionAnalyser, VisionState
from agent.training.pack_head import open_readers

CALL_ID = "file"
WINDOW_SAMPLES = MIC_RATE_HZ // 50
TRAILING_SILENCE_MS = 2_000
"""Fed after the end of the file, so that its last utterance is known to be over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """One step through the file: what was read, and the signals that came of it."""

    signals: tuple[Signal, ...]
    frame: VideoFrame | None = None
    reading: VisionReading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    seconds: float
    frames: int
    has_video: bool
    has_audio: bool


def clip_facts(path: Path) -> ClipFacts:
    """What a file holds. Raises `NotMedia` for one that cannot be opened or holds neither picture nor sound."""
    try:
        with av.open(str(path)) as container:
            video, audio = container.streams.video, container.streams.audio
            if not video and not audio:
                raise NotMedia(f"{path} holds neither video nor audio")
            seconds = float(container.duration or 0) / av.time_base
            frames = 0
            if video:
                frames = video[0].frames or round(seconds * float(video[0].average_rate or 25))
            return ClipFacts(seconds=seconds, frames=frames, has_video=bool(video), has_audio=bool(audio))
    except (av.FFmpegError, OSError) as error:
        raise NotMedia(
            f"{path} cannot be read as video or audio ({type(error).__name__}); is it a media file?"
        ) from None


def analyse_clip(path: Path, settings: Settings) -> Iterator[Analysed]:
    """Steps through the file in the order of its time. Raises `NotMedia`, and `ModelError`s."""
    facts = clip_facts(path)
    settings = within_licences(settings)
    runtime = Runtime(Registry.of(settings.models), settings.models.provider)
    heard: list[HearingEvent] = []
    if facts.has_audio:
        hearing = RecordedHearing(runtime, settings.hearing, reads_emotion=settings.privacy.emotion)
        events = hearing.hear(_windows(path))
        heard = sorted(events, key=lambda event: event.stamp.media_ms)
    understandings = load_understandings(settings.reply.domain, settings.reply.examples)
    feels = settings.privacy.emotion
    fuser = _Fuser(open_readers(runtime, understandings, feels=feels), SceneModel(runtime) if feels else None)
    position = 0
    if facts.has_video:
        asked = settings.privacy.asked()
        consent = consent_for(Choice.AGREE, locale="en", given_at=time.time(), asked=asked)
        analyser = VisionAnalyser(runtime, settings.vision, perception=settings.perception)
        with closing(VisionState(consent)) as state:
            for frame, camera_frame in _pictures(path):
                at_ms = camera_frame.stamp.media_ms
                while position < len(heard) and heard[position].stamp.media_ms <= at_ms:
                    yield fuser.hear(heard[position])
                    position += 1
                yield fuser.see(frame, camera_frame, analyser, state)
    for event in heard[position:]:
        yield fuser.hear(event)


class _Fuser:
    """Fusion over the file, and numbering of the signals. Ages count from the start of each step's own work."""

    def __init__(self, text: Readers, judge: Judge | None) -> None:
        """Without a `judge` no emotion is read either."""
        feels = judge is not None
        self._state = fusion.FusionState(reads_faces=feels, reads_voices=feels, reads_words=feels)
        self._text = text
        self._judge = judge
        self._next_seq = 0

    def see(
        self, frame: VideoFrame, camera_frame: CameraFrame, analyser: VisionAnalyser, state: VisionState
    ) -> Analysed:
        began_ns = time.monotonic_ns()
        reading = analyser.analyse(camera_frame, state)
        self._state, findings = fusion.see(self._state, reading, camera_frame.stamp.captured_ns)
        findings += self._scene(reading.stamp)
        return Analysed(signals=self._numbered(findings, began_ns), frame=frame, reading=reading)

    def hear(self, event: HearingEvent) -> Analysed:
        began_ns = time.monotonic_ns()
        self._state, findings = fusion.hear(self._state, event)
        if isinstance(event, Transcript) and event.final and event.text:
            findings.append(self._intent(event))
            feeling = self._text.emotion(event.text, event.language, event.stamp, event.utterance_id)
            self._state, felt = fusion.read(self._state, feeling)
            findings += felt
        findings += self._scene(event.stamp)
        return Analysed(signals=self._numbered(findings, began_ns))

    def _intent(self, event: Transcript) -> Finding:
        reading = self._text.intent(event.text, event.language)
        value = IntentValue(
            label=reading.label,
            out_of_scope=reading.out_of_scope,
            slots=reading.slots,
            utterance_id=event.utterance_id,
        )
        finding = Finding(
            value=value,
            confidence=reading.probability,
            valid=True,
            stamp=event.stamp,
            sources=("transcript", "intent"),
        )
        self._state = fusion.note(self._state, finding, event.stamp.captured_ns)
        return finding

    def _scene(self, stamp: Stamp) -> list[Finding]:
        if self._judge is None:
            return []
        self._state, findings = fusion.situate(self._state, self._judge, stamp, stamp.captured_ns)
        return findings

    def _numbered(self, findings: Iterable[Finding], began_ns: int) -> tuple[Signal, ...]:
        spent_ns = time.monotonic_ns() - began_ns
        signals = []
        for finding in findings:
            now_ns = finding.stamp.captured_ns + spent_ns
            signals.append(signal_from(finding, call_id=CALL_ID, seq=self._next_seq, now_ns=now_ns, wall_ns=now_ns))
            self._next_seq += 1
        return tuple(signals)


def _pictures(path: Path) -> Iterator[tuple[VideoFrame, CameraFrame]]:
    """The file's pictures, upright and stamped with their time in the file."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        first_s: float | None = None
        for frame_id, frame in enumerate(container.decode(stream)):
            at_s = frame.time if frame.time is not None else frame_id / float(stream.average_rate or Fraction(25))
            first_s = at_s if first_s is None else first_s
            picture = Picture(frame)
            yield (
                frame,
                CameraFrame(
                    call_id=CALL_ID,
                    stamp=_stamp(frame_id, (at_s - first_s) * 1_000, rate_hz=90_000),
                    width_px=picture.width_px,
                    height_px=picture.height_px,
                    pixels=picture,
                ),
            )


def _windows(path: Path) -> Iterator[MicWindow]:
    """The file's sound as 20 ms windows at 16 kHz, some silence after its end."""
    held = np.zeros(0, np.float32)
    start = 0
    for samples in _samples(path):
        held = np.concatenate([held, samples])
        while len(held) >= WINDOW_SAMPLES:
            yield _window(held[:WINDOW_SAMPLES], start)
            held, start = held[WINDOW_SAMPLES:], start + WINDOW_SAMPLES
    silence = np.zeros(TRAILING_SILENCE_MS * MIC_RATE_HZ // 1_000, np.float32)
    for offset in range(0, len(silence) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        yield _window(silence[:WINDOW_SAMPLES], start + offset)


def _samples(path: Path) -> Iterator[np.ndarray]:
    resampler = AudioResampler(format="flt", layout="mono", rate=MIC_RATE_HZ)
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            assert isinstance(frame, AudioFrame)
            frame.pts = None
            for part in resampler.resample(frame):
                yield np.asarray(part.to_ndarray(), np.float32).reshape(-1)


def _window(samples: np.ndarray, start: int) -> MicWindow:
    number = start // WINDOW_SAMPLES
    return MicWindow(
        call_id=CALL_ID,
        stamp=_stamp(number, start * 1_000 / MIC_RATE_HZ, rate_hz=MIC_RATE_HZ),
        samples=read_only(samples.copy()),
        start_sample=start,
    )


def _stamp(frame_id: int, media_ms: float, *, rate_hz: int) -> Stamp:
    """Time in the file stands in for the clock: second 0 of the file is second 1 of the clock, so that no time is 0."""
    at_ns = round(media_ms * NS_PER_MS) + NS_PER_S
    return Stamp(
        frame_id=frame_id,
        rtp_timestamp=round(media_ms * rate_hz / 1_000),
        arrived_ns=at_ns,
        captured_ns=at_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.FILE,
        media_ms=media_ms,
    )
