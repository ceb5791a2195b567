"""What a supervisor's page is sent on a busy day, made up from a fixed seed: one call in full, and many on the wall."""

import random
from collections.abc import Iterator

import cv2
import msgspec
import numpy as np

from agent.core.alerts import AlertKind
from agent.core.signals import (
    AffectValue,
    ExpressionValue,
    FaceBox,
    FaceValue,
    Finding,
    GestureValue,
    HealthValue,
    IntentValue,
    SceneValue,
    Signal,
    SignalValue,
    TurnValue,
    VoiceValue,
    signal_from,
)
from agent.core.types import SCENES, CaptureOrigin, Stamp
from agent.transport.hub import Hub
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    CallSummary,
    FaceOverlay,
    GlimpseHeader,
    PictureHeader,
    Served,
    Service,
    encode_picture,
)

WATCHED = "watched-call"
TICK_S = 0.1
PURPOSES = ("speech", "gesture", "expression", "text_emotion")
LABELS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
INTENTS = ("order_status", "return_item", "cancel_order", "refund_status")
WORDS = "where is the parcel that you said would come on monday and why does nobody tell me about it".split()
NS_PER_S = 1_000_000_000


class Traffic:
    """Says it all to a hub, one tenth of a second of a call at a time."""

    def __init__(self, hub: Hub, calls: int, *, began_s: float, seed: int = 7) -> None:
        """`began_s`: Unix time of the first tick."""
        self._hub = hub
        self._random = random.Random(seed)
        self._began_s = began_s
        self._seq = self._ticks = self._made = 0
        self.messages = 0
        self._pictures = [_jpeg(640, 480, shade) for shade in (60, 100, 140)]
        self._meshes = [tuple(self._random.randrange(3_000, 7_000) for _ in range(2 * 468)) for _ in range(3)]
        self._small = _jpeg(160, 120, 90)
        self._calls = [self._newcomer(WATCHED), *(self._newcomer() for _ in range(calls))]
        for call in self._calls:
            hub.put_call(call)

    @property
    def now_s(self) -> float:
        """Unix time of the call."""
        return self._began_s + self._ticks * TICK_S

    def tick(self) -> None:
        """The next tenth of a second."""
        self._ticks += 1
        signals = [self._signal(value) for value in self._values()]
        self._hub.publish_signals(WATCHED, signals)
        self.messages += len(signals)
        if self._ticks % 2:
            self._picture()
        if self._every(4.0):
            self._line()
        if self._every(0.2):
            self._change_of_one()
        if self._every(1.0):
            self._glimpses()
        if self._every(15.0):
            self._alert()
        if self._every(60.0):
            self._come_and_go()
        if self._every(30.0):
            self._service()

    def _every(self, seconds: float) -> bool:
        return self._ticks % round(seconds / TICK_S) == 0

    def _values(self) -> Iterator[SignalValue]:
        valence = round(self._random.uniform(-1, 1), 3)
        box = FaceBox(track_id=1, x=0.3, y=0.2, width=0.3, height=0.4)
        yield FaceValue(faces=(box,), yaw_deg=valence * 20, pitch_deg=2.0, roll_deg=1.0, attention="screen")
        yield ExpressionValue(
            label="neutral", probabilities=dict.fromkeys(LABELS, 0.125), valence=valence, arousal=0.1, weight=0.9
        )
        yield VoiceValue(speaking=self._ticks // 30 % 2 == 0, energy_db=-30 + 10 * valence)
        if self._every(0.5):
            yield AffectValue(
                label="neutral", valence=valence, arousal=0.2, trend="steady", coverage=0.8, frustration=0.3
            )
        if self._every(3.0):
            yield HealthValue(
                state="good", analysed_fps=15.0, frames={"received": self._ticks, "analysed": self._ticks}
            )
            yield TurnValue(holder="customer" if self._ticks % 60 else "agent")
        if self._every(7.0):
            yield GestureValue(name=self._random.choice(("thumbs_up", "none", "open_palm")))
        if self._every(8.0):
            number = self._ticks // 40
            slots = {"order_id": f"A{number}"}
            yield IntentValue(label=self._random.choice(INTENTS), out_of_scope=False, slots=slots, utterance_id=number)
        if self._every(5.0):
            label = self._random.choice(SCENES)
            yield SceneValue(label=label, probabilities={label: 0.8}, because=("asked twice",), held_s=5.0)

    def _signal(self, value: SignalValue) -> Signal:
        self._seq += 1
        stamp = Stamp(
            frame_id=self._ticks,
            rtp_timestamp=0,
            arrived_ns=0,
            captured_ns=0,
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=self._ticks * TICK_S * 1_000,
        )
        finding = Finding(value=value, confidence=0.8, valid=True, stamp=stamp, sources=("face",))
        age_ns = 20_000_000
        wall_ns = round(self.now_s * NS_PER_S) + age_ns
        return signal_from(finding, call_id=WATCHED, seq=self._seq, now_ns=age_ns, wall_ns=wall_ns)

    def _picture(self) -> None:
        header = PictureHeader(
            call_id=WATCHED,
            frame_id=self._ticks,
            rtp_timestamp=self._ticks,
            captured_at=self.now_s,
            media_ms=self._ticks * TICK_S * 1_000,
            age_ms=20.0,
            width_px=640,
            height_px=480,
            faces=(FaceOverlay(track_id=1, box=(0.3, 0.2, 0.3, 0.4), points=self._random.choice(self._meshes)),),
            hands=(),
            stage_ms={"face_mesh": 1.2, "expression": 0.6},
        )
        self._hub.publish_picture(WATCHED, encode_picture(header, self._pictures[self._ticks % len(self._pictures)]))
        self.messages += 1

    def _line(self) -> None:
        number = self._ticks // 40
        text = " ".join(self._random.choices(WORDS, k=self._random.randrange(4, 30)))
        customer = number % 2 == 0
        caption = Caption(
            id=f"said-{number}" if customer else f"reply-{number}",
            speaker="customer" if customer else "agent",
            text=text,
            because=() if customer else ("the intent order status",),
            because_seqs=() if customer else (self._seq,),
        )
        self._hub.publish_caption(WATCHED, caption)
        self.messages += 1

    def _change_of_one(self) -> None:
        at = self._random.randrange(len(self._calls))
        call = msgspec.structs.replace(
            self._calls[at],
            valence=round(self._random.uniform(-1, 1), 1),
            trend=self._random.choice(("rising", "falling", "steady")),
            last_intent=self._random.choice(INTENTS),
        )
        self._calls[at] = call
        self._hub.put_call(call)
        self.messages += 1

    def _glimpses(self) -> None:
        for call in self._calls:
            if self._hub.glanced(call.call_id):
                header = GlimpseHeader(call_id=call.call_id, frame_id=self._ticks, captured_at=self.now_s)
                self._hub.publish_glimpse(call.call_id, encode_picture(header, self._small))
                self.messages += 1

    def _alert(self) -> None:
        for call in self._calls:
            self._hub.put_alerts(call.call_id, ())
        for call in self._random.sample(self._calls, k=min(5, len(self._calls))):
            self._made += 1
            evidence = AlertEvidence(words="3 requests in a row that the agent does not know", at=self.now_s)
            alert = Alert(
                id=f"{call.call_id}-{self._made}",
                call_id=call.call_id,
                kind=self._random.choice(list(AlertKind)),
                urgent=self._random.random() < 0.2,
                since=self.now_s,
                evidence=(evidence,),
            )
            self._hub.put_alerts(call.call_id, (alert,))
            self.messages += 1

    def _come_and_go(self) -> None:
        gone = self._calls.pop(1 + self._random.randrange(len(self._calls) - 1))
        self._hub.drop_call(gone.call_id)
        self._calls.append(self._newcomer())
        self._hub.put_call(self._calls[-1])
        self.messages += 2

    def _service(self) -> None:
        served = Served(customers=self._ticks // 100, in_time=self._ticks // 120, given_up=0)
        self._hub.put_service(
            Service(
                rated=32,
                in_use=len(self._calls),
                free_share=0.3,
                in_line=self._random.randrange(3),
                answered_within_s=20,
                last_hour=served,
                last_day=served,
            )
        )
        self.messages += 1

    def _newcomer(self, call_id: str | None = None) -> CallSummary:
        return CallSummary(
            call_id=call_id or f"{self._random.getrandbits(64):016x}",
            state="speaking",
            started_at=self.now_s,
            locale="en-GB",
            purposes=PURPOSES,
            domain="retail",
            affect="neutral",
        )


def _jpeg(width_px: int, height_px: int, shade: int) -> bytes:
    picture = np.full((height_px, width_px, 3), shade, np.uint8)
    cv2.circle(picture, (width_px // 2, height_px // 2), height_px // 4, (160, 180, 205), -1)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()
