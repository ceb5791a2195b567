"""All readings of one call into its signals: one pure step a reading, over one explicit state."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent.core.clock import NS_PER_S
from agent.core.signals import Finding, TranscriptValue, VoiceValue
from agent.core.speech import (
    HearingEvent,
    TextEmotionReading,
    Transcript,
    VoiceEmotionReading,
    VoiceLevel,
    VoiceStarted,
    VoiceStopped,
)
from agent.core.types import Stamp, VisionReading
from agent.fusion import affect, expression, face, gestures, recent, scene, text_emotion, turns, voice_emotion
from agent.fusion.affect import AffectState
from agent.fusion.expression import ExpressionState
from agent.fusion.face import FaceState
from agent.fusion.gestures import GestureState
from agent.fusion.recent import Recent
from agent.fusion.scene import Judge, SceneState
from agent.fusion.turns import TurnState
from agent.fusion.witness import Witness

BLIND_AFTER_S = 1.0
"""Without pictures for so long, sound alone keeps affect going."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionState:
    """Everything that fusion remembers of one call."""

    reads_faces: bool
    """Whether the customer agreed to it; otherwise no face, expression or affect signal exists."""
    reads_voices: bool = False
    """Whether the customer agreed to emotion in the voice; otherwise there is no signal of it, and affect has none."""
    reads_words: bool = False
    """The same of emotion in words."""
    face: FaceState = FaceState()
    expression: ExpressionState = ExpressionState()
    affect: AffectState = AffectState()
    voice: Witness = voice_emotion.UNHEARD
    words: Witness = text_emotion.UNREAD
    recent: Recent = field(default_factory=Recent)
    scene: SceneState = SceneState()
    gestures: GestureState = field(default_factory=GestureState)
    turn: TurnState = TurnState()
    analysed_ns: int = 0
    """Capture time of the last frame whose pixels were looked at."""

    @property
    def reads_emotion(self) -> bool:
        """Whether the customer agreed to any of it; otherwise nothing is remembered of how the call went."""
        return self.reads_faces or self.reads_voices or self.reads_words


def see(state: FusionState, reading: VisionReading, now_ns: int) -> tuple[FusionState, list[Finding]]:
    """One camera frame's reading into signals.

    A frame that was skipped says nothing about the customer: what was known stands, until it is too old to stand.
    """
    captured_ns = reading.stamp.captured_ns
    if reading.stage_ms:
        state = replace(state, analysed_ns=captured_ns)
    elif captured_ns - state.analysed_ns < expression.STALE_S * NS_PER_S:
        return state, []
    hands, findings = gestures.step(state.gestures, reading, reads_faces=state.reads_faces)
    state = replace(state, gestures=hands)
    if not state.reads_faces:
        return state, findings
    seen = face.step(state.face, reading)
    expressed, expression_finding = expression.step(state.expression, reading, seen, now_ns)
    same_face = seen.track_id == state.face.track_id
    felt = state.affect if same_face else AffectState()
    if expression_finding is not None:
        felt = affect.feed(felt, expression_finding, now_ns)
        findings = [expression_finding, *findings]
    state = replace(state, face=seen, expression=expressed, affect=felt)
    state = _noted(replace(state, recent=recent.watch(state.recent, reading, seen)), findings, captured_ns)
    state, affect_findings = _feel(state, reading.stamp, now_ns)
    return state, [face.conclude(seen, reading), *findings, *affect_findings]


def shows_palm(state: FusionState) -> bool:
    """Whether an open palm is held up to the camera."""
    return any(hand.announced == "open_palm" for hand in state.gestures.signs.values())


def hear(state: FusionState, event: HearingEvent) -> tuple[FusionState, list[Finding]]:
    """One hearing event into signals."""
    state, findings = _heard(state, event)
    now_ns = event.stamp.captured_ns
    state = _noted(state, findings, now_ns)
    blind = now_ns - state.analysed_ns > BLIND_AFTER_S * NS_PER_S
    if blind and isinstance(event, VoiceLevel) and state.reads_words:
        # Without pictures nothing else asks twice a second how the customer feels.
        state, felt = _feel(state, event.stamp, now_ns)
        findings = [*findings, *felt]
    return state, findings


def read(state: FusionState, reading: TextEmotionReading) -> tuple[FusionState, list[Finding]]:
    """What emotion the words of a line tell of, into its signal."""
    if not state.reads_words:
        return state, []
    words, finding = text_emotion.step(state.words, reading)
    return replace(state, words=words), [finding]


def note(state: FusionState, finding: Finding, now_ns: int) -> FusionState:
    """A finding from elsewhere, such as an intent, that bears on how the call goes."""
    return _noted(state, [finding], now_ns)


def situate(state: FusionState, judge: Judge, stamp: Stamp, now_ns: int) -> tuple[FusionState, list[Finding]]:
    """What situation the call is in, looked at once a second at most; nothing without consent to any emotion."""
    if state.reads_emotion:
        situation, findings = scene.step(state.scene, state.recent, judge, stamp, now_ns)
        return replace(state, scene=situation), findings
    told = state.scene.label != "unknown"
    return replace(state, scene=SceneState()), [scene.unknown(stamp, "consent withdrawn")] if told else []


def typed(state: FusionState, text: str, now_ns: int) -> FusionState:
    """A line that the customer typed."""
    return replace(state, recent=recent.said(state.recent, text, now_ns)) if state.reads_words else state


def _noted(state: FusionState, findings: Sequence[Finding], now_ns: int) -> FusionState:
    if not findings or not state.reads_emotion:
        return state
    lately = state.recent
    for finding in findings:
        if state.reads_words or not isinstance(finding.value, TranscriptValue):
            lately = recent.note(lately, finding, now_ns)
    return replace(state, recent=lately)


def _feel(state: FusionState, stamp: Stamp, now_ns: int) -> tuple[FusionState, list[Finding]]:
    if not affect.is_due(state.affect, now_ns):
        return state, []
    felt, findings = affect.conclude(
        state.affect,
        stamp,
        now_ns,
        voice=state.voice.faded(now_ns),
        words=state.words.faded(now_ns),
        recent=state.recent,
    )
    return _noted(replace(state, affect=felt), findings, now_ns), findings


def _heard(state: FusionState, event: HearingEvent) -> tuple[FusionState, list[Finding]]:
    match event:
        case VoiceStarted(stamp=stamp) | VoiceStopped(stamp=stamp):
            turn, findings = turns.customer(state.turn, speaks=isinstance(event, VoiceStarted), stamp=stamp)
            return replace(state, turn=turn), findings
        case VoiceLevel():
            return state, [_voice(event, speaking=state.turn.customer_speaks)]
        case VoiceEmotionReading() if state.reads_voices:
            voice, finding = voice_emotion.step(state.voice, event)
            return replace(state, voice=voice), [finding]
        case Transcript():
            return state, [_transcript(event)] if event.text else []
        case _:
            return state, []


def speak(state: FusionState, *, speaks: bool, stamp: Stamp) -> tuple[FusionState, list[Finding]]:
    """The agent's own voice began or ended on the wire."""
    turn, findings = turns.agent(state.turn, speaks=speaks, stamp=stamp)
    return _noted(replace(state, turn=turn), findings, stamp.captured_ns), findings


def go_blind(state: FusionState, stamp: Stamp, reason: str) -> tuple[FusionState, list[Finding]]:
    """No picture will come for a reason that is known: what the face showed is not taken to last."""
    if not state.reads_faces:
        return state, []
    state = replace(
        state, face=FaceState(), expression=ExpressionState(), affect=AffectState(), gestures=GestureState()
    )
    return state, [face.unknown(stamp, reason), expression.unknown(stamp, reason), affect.unknown(stamp, reason)]


def go_deaf(state: FusionState, stamp: Stamp, reason: str) -> tuple[FusionState, list[Finding]]:
    """No emotion is heard in the voice from here on, and what was heard is gone."""
    if not state.reads_voices:
        return state, []
    state = replace(state, reads_voices=False, voice=voice_emotion.UNHEARD)
    return state, [voice_emotion.unknown(stamp, reason)]


def go_wordless(state: FusionState, stamp: Stamp, reason: str) -> tuple[FusionState, list[Finding]]:
    """No emotion is read from words from here on, and what was read is gone, and what they told of the call."""
    if not state.reads_words:
        return state, []
    state = replace(state, reads_words=False, words=text_emotion.UNREAD, recent=Recent())
    return state, [text_emotion.unknown(stamp, reason)]


def agree(state: FusionState, *, faces: bool, voices: bool, words: bool) -> FusionState:
    """The customer agrees to these, perhaps again: they are taken in from here on, and nothing of before comes back."""
    return replace(
        state,
        reads_faces=state.reads_faces or faces,
        reads_voices=state.reads_voices or voices,
        reads_words=state.reads_words or words,
    )


def forget_emotion(state: FusionState) -> FusionState:
    """The customer withdrew: what was known of the face is gone, and no more of it is taken in."""
    return replace(
        state,
        reads_faces=False,
        face=FaceState(),
        expression=ExpressionState(),
        affect=AffectState(),
        gestures=gestures.without_face(state.gestures),
        recent=Recent(),
    )


def _voice(level: VoiceLevel, *, speaking: bool) -> Finding:
    value = VoiceValue(
        speaking=speaking,
        energy_db=round(level.energy_db, 1),
        pitch_hz=None if level.pitch_hz is None else round(level.pitch_hz, 1),
    )
    return Finding(value=value, confidence=level.speech_prob, valid=True, stamp=level.stamp, sources=("voice",))


def _transcript(event: Transcript) -> Finding:
    value = TranscriptValue(
        utterance_id=event.utterance_id, text=event.text, final=event.final, language=event.language
    )
    return Finding(value=value, confidence=None, valid=True, stamp=event.stamp, sources=("voice", "transcript"))
