"""The states of the pages that staff see: signing in, live calls, one call, and the trial of speech recognition."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.core.alerts import AlertKind
from agent.core.identity import Role
from agent.core.sentences import Sentence, sentence, tell
from agent.core.signals import (
    AffectSignal,
    AffectValue,
    ExpressionSignal,
    ExpressionValue,
    HealthSignal,
    HealthValue,
    IntentSignal,
    IntentValue,
    RoomFault,
    SceneSignal,
    SceneValue,
    Signal,
)
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    CallSummary,
    FaceOverlay,
    GlimpseHeader,
    NextReply,
    PictureHeader,
    Served,
    Service,
    SupervisorCaption,
    encode_picture,
)
from benchmarks.face import face_picture
from tests.browser.states import Visit, Walk
from tests.browser.test_history_page import serving_kept
from tests.browser.test_supervisor_page import CALL_ID, PURPOSES, envelope, until_watched
from tests.serving import until
from tests.staff import PASSWORD

SEEN = (
    ("speaking", "neutral", "order_status", 312),
    ("held", "anger", "return_item", 754),
    ("speaking", "unknown", None, 8),
    ("taken_over", "sadness", "complaint", 1_204),
    ("connected", "happiness", "product_advice", 45),
)
"""State, affect, intent and seconds of calls as a wall has them."""


async def sign_in(visit: Visit) -> None:
    await visit.server.staff.add("ada", Role.SUPERVISOR)
    await visit.opens("/signin?next=/supervisor")
    await visit.sees("#name", "sign-in")
    await visit.page.fill("#name", "ada")
    await visit.page.fill("#password", PASSWORD + "!")
    await visit.page.click("#sign-in")
    await visit.sees("[role=alert].grave", "sign-in, wrong password")
    await visit.opens("/supervisor#link=of-another-run")
    await visit.sees(".sheet :text('no longer good'), .sheet :text('链接')", "sign-in, old link")


async def transcribing(visit: Visit) -> None:
    await visit.opens("/transcribe")
    await visit.sees("#key", "transcribe")


async def no_calls(visit: Visit) -> None:
    await visit.page.goto(visit.server.supervisor_url)
    await visit.sees("#connection[data-state=open]", "no calls")


def _calls() -> list[CallSummary]:
    now = time.time()
    return [
        CallSummary(
            call_id=CALL_ID if index == 0 else f"{index:02x}7d{index * 31:06x}",
            state=state,
            started_at=now - seconds - index,
            domain=("shop", "bank", "clinic")[index % 3],
            locale="zh" if index % 7 == 3 else "en",
            purposes=PURPOSES if index % 6 != 5 else ("speech",),
            affect=affect,
            last_intent=intent,
        )
        for index in range(20)
        for state, affect, intent, seconds in (SEEN[index % len(SEEN)],)
    ]


def _alert(call_id: str, kind: AlertKind, words: str, *, urgent: bool = False) -> Alert:
    since = time.time() - 20
    evidence = (AlertEvidence(at=since, seqs=(4, 7), **msgspec.structs.asdict(sentence(words))),)
    return Alert(id=f"{call_id}-1", call_id=call_id, kind=kind, urgent=urgent, since=since, evidence=evidence)


async def wall(visit: Visit) -> None:
    hub, calls = visit.server.hub, _calls()
    for call in calls:
        hub.put_call(call)
    await visit.page.goto(visit.server.supervisor_url)
    await visit.sees(f"[data-call-id='{CALL_ID}']", "twenty calls")
    asking, sad = calls[1].call_id, calls[4].call_id
    hub.put_alerts(asking, (_alert(asking, AlertKind.PERSON_ASKED, "the customer asked for a person", urgent=True),))
    hub.put_alerts(sad, (_alert(sad, AlertKind.LOW_AFFECT, tell("low_affect", seconds="8", percent="60")),))
    wrong = tell("kept_on_disk", why="the database takes nothing")
    hub.put_service(
        Service(
            rated=24,
            in_use=20,
            free_share=0.17,
            in_line=3,
            waiting_since=time.time() - 65,
            answered_within_s=20,
            last_hour=Served(customers=80, in_time=61, given_up=4),
            last_day=Served(customers=912, in_time=840, given_up=21),
            faults=(str(wrong),),
            told_faults=(sentence(wrong),),
        )
    )
    await visit.sees(".alert", "twenty calls, two with alerts")
    await visit.page.locator(".alert .acknowledge").first.click()
    await visit.sees(".alert .acknowledged", "twenty calls, one alert seen to")
    await visit.page.click("#small-pictures")
    await until(lambda: hub.glanced(CALL_ID), 10, "small pictures are asked for")
    small = cv2.imencode(".jpg", cv2.resize(_face_bgr(), (160, 120)))[1].tobytes()
    for call in calls:
        header = GlimpseHeader(call_id=call.call_id, frame_id=1, captured_at=time.time())
        hub.publish_glimpse(call.call_id, encode_picture(header, small))
    await visit.sees(".glimpse[data-drawn]", "twenty calls with small pictures")


def _face_bgr() -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(face_picture(0), cv2.COLOR_RGB2BGR), np.uint8)


def _picture() -> bytes:
    picture = _face_bgr()
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    height_px, width_px = picture.shape[:2]
    angles = np.linspace(0, 2 * np.pi, 468)
    oval = np.stack([5200 + 1200 * np.cos(angles), 4800 + 1900 * np.sin(angles)], axis=1).astype(int)
    header = PictureHeader(
        call_id=CALL_ID,
        frame_id=1,
        rtp_timestamp=0,
        captured_at=time.time(),
        media_ms=0.0,
        age_ms=18.0,
        width_px=width_px,
        height_px=height_px,
        faces=(FaceOverlay(track_id=1, box=(0.38, 0.28, 0.26, 0.4), points=tuple(map(int, oval.ravel()))),),
        hands=(),
        stage_ms={"face_mesh": 1.25, "expression": 0.8},
    )
    return encode_picture(header, jpeg)


def _signals() -> list[Signal]:
    expression = ExpressionValue(label="sadness", probabilities={"sadness": 0.62, "neutral": 0.3, "anger": 0.08})
    affect = AffectValue(
        label="anger", valence=-0.42, arousal=0.51, trend="falling", coverage=0.8, frustration=0.72, changed="worse"
    )
    scene = SceneValue(
        label="escalating", probabilities={"escalating": 0.8}, because=("the same request again",), held_s=14.2
    )
    intent = IntentValue(label="order_status", out_of_scope=False, slots={"order_id": "A1042"})
    slow = tell("load", measure="some frames are not read", strain=("the process has no time left",))
    fault = RoomFault(room="load", **msgspec.structs.asdict(sentence(slow)))
    health = HealthValue(
        state="degraded",
        reasons=(f"load: {slow}",),
        faults=(fault,),
        rung="skipped_frames",
        rung_since=time.time() - 12,
        analysed_fps=11.6,
    )
    return [
        ExpressionSignal(**envelope(), value=expression),  # type: ignore[arg-type]
        AffectSignal(**envelope(), value=affect),  # type: ignore[arg-type]
        SceneSignal(**envelope(), value=scene),  # type: ignore[arg-type]
        IntentSignal(**envelope(), value=intent),  # type: ignore[arg-type]
        HealthSignal(**envelope(), value=health),  # type: ignore[arg-type]
    ]


async def one_call(visit: Visit) -> None:
    hub = visit.server.hub
    for call in _calls()[:4]:
        hub.put_call(call)
    await visit.page.goto(visit.server.supervisor_url)
    await visit.page.click(f"[data-call-id='{CALL_ID}']")
    await until_watched(hub)
    await visit.sees(".watch", "call, nothing known yet")
    hub.publish_picture(CALL_ID, _picture())
    hub.publish_signals(CALL_ID, _signals())
    why = (
        sentence(tell("understood", means="the question where an order is", percent="93")),
        sentence(tell("mood", mood="anger", seconds="6", effect="spoken shorter and more slowly")),
        sentence(tell("tool_said", tool="orders.find", result="found")),
        Sentence(words="words that a page does not know"),
    )
    talk = (
        Caption(id="u1", speaker="customer", text="我的订单在哪里？", translation="Where is my order?"),
        Caption(
            id="a1",
            speaker="agent",
            text="It is on its way.",
            because=tuple(one.words for one in why),
            told_because=why,
        ),
        Caption(id="u2", speaker="customer", text="<b>I asked that</b> twice already " + "and again " * 30),
    )
    for caption in talk:
        hub.publish_event(CALL_ID, SupervisorCaption(call_id=CALL_ID, caption=caption))
    await visit.page.wait_for_selector("#picture[data-frame-id='1']")
    await visit.sees("#transcript :text('twice')", "call watched")
    text = "I am sorry that you had to ask twice."
    reply = NextReply(call_id=CALL_ID, text=text, because=(why[1].words,), told_because=(why[1],))
    hub.publish_event(CALL_ID, reply)
    await visit.sees("#next-reply :text('sorry')", "call watched, about to speak")
    await visit.page.click("#end-call")
    await visit.sees("dialog.sure[open]", "call watched, sure to end it")
    await visit.page.keyboard.press("Escape")
    hub.drop_call(CALL_ID)
    await visit.sees(".watch-notices .message", "call over")


async def past_calls(visit: Visit) -> None:
    page = visit.page
    with TemporaryDirectory() as folder:
        async with serving_kept(Path(folder)) as server:
            await page.goto(f"{server.url}/history#link={server.staff.door.link}")
            await visit.sees("#calls tbody tr", "past calls of the last days")
            await page.select_option("#period", "0")
            await visit.sees("#calls tbody tr", "past calls")
            await page.fill("#search", "退款")
            await page.click("#search-go")
            await visit.sees("#hits li", "past calls, found by a word")
            for name in ("drawn", "undrawn"):
                await page.goto(f"{server.url}/history#call/{name}")
                await page.locator("#timeline canvas").wait_for()
                await visit.sees("#stage" if name == "drawn" else "#no-replay", f"past call, {name}")
            await page.goto(f"{server.url}/history#trends")
            await visit.sees("#export-json", "trends")


WALKS: dict[str, Walk] = {
    "sign in": sign_in,
    "transcribe": transcribing,
    "no calls": no_calls,
    "wall": wall,
    "one call": one_call,
    "past calls": past_calls,
}
