"""The perception of calls on a recorded file: the same models and the same fusion, in the order of the file's time."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from av import VideoFrame

from agent.app.licences import within_licences
from agent.app.recorded_file import CALL_ID, ReadSoFar, clip_facts, pictures, windows
from agent.core.consent import Choice, consent_for
from agent.core.settings import Settings
from agent.core.signals import Finding, IntentValue, Signal, signal_from
from agent.core.speech import HearingEvent, Transcript
from agent.core.types import CameraFrame, Stamp, VisionReading
from agent.dialogue.understanding import load_understandings
from agent.fusion import fusion
from agent.fusion.scene import Judge, SceneModel
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.recorded import RecordedHearing
from agent.perception.vision import VisionAnalyser, VisionState
from agent.training.pack_head import open_readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """One step through the file: what was read, and the signals that came of it."""

    signals: tuple[Signal, ...]
    frame: VideoFrame | None = None
    reading: VisionReading | None = None


def analyse_clip(path: Path, settings: Settings, read: ReadSoFar | None = None) -> Iterator[Analysed]:
    """Steps through the file in the order of its time, and notes in `read` how far it came. Raises `NotMedia`, and
    `ModelError`s."""
    facts = clip_facts(path)
    read = read or ReadSoFar()
    settings = within_licences(settings)
    runtime = Runtime(Registry.of(settings.models), settings.models.provider)
    heard: list[HearingEvent] = []
    if facts.has_audio:
        hearing = RecordedHearing(runtime, settings.hearing, reads_emotion=settings.privacy.emotion)
        events = hearing.hear(windows(path, read))
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
            for frame, camera_frame in pictures(path, read):
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
