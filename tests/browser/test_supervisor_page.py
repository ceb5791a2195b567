"""The supervisors' page in a real browser, fed by the real hub over the real WebSocket."""

import asyncio
import time

import cv2
import numpy as np
import pytest
from playwright.async_api import Page, expect

from agent.core.alerts import AlertKind
from agent.core.signals import (
    AffectSignal,
    AffectValue,
    ExpressionSignal,
    ExpressionValue,
    IntentSignal,
    IntentValue,
    SceneSignal,
    SceneValue,
    Signal,
    SignalFields,
    TextEmotionSignal,
    TextEmotionValue,
)
from agent.transport.hub import Hub
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    CallSummary,
    FaceOverlay,
    HandOverlay,
    PictureHeader,
    SupervisorCaption,
    encode_picture,
)
from tests.browser.page_server import PageServer, opened_page, serving_pages

pytestmark = pytest.mark.timeout(60)

CALL_ID = "4f9ab27c11aa"
PURPOSES = ("speech", "gesture", "expression", "text_emotion")
BOX = (0.25, 0.25, 0.5, 0.5)
BOX_COLOUR = (126, 231, 222)


def summary(call_id: str = CALL_ID, *, purposes: tuple[str, ...] = PURPOSES) -> CallSummary:
    return CallSummary(
        call_id=call_id, state="speaking", started_at=time.time() - 61, locale="en", purposes=purposes, affect="calm"
    )


def envelope(*, valid: bool = True, reason: str | None = None) -> dict[str, object]:
    """The fields that all signals share."""
    fields = {field: 0 for field in SignalFields.__struct_fields__}
    return fields | {
        "call_id": CALL_ID,
        "confidence": 0.9,
        "valid": valid,
        "reason": reason,
        "captured_from": "sender",
        "captured_at": time.time(),
        "age_ms": 21.4,
        "sources": ("face",),
    }


def picture(frame_id: int, grey: int) -> bytes:
    """A plain grey picture with one face and one hand over it."""
    encoded = cv2.imencode(".jpg", np.full((240, 320, 3), grey, np.uint8))[1].tobytes()
    hand = HandOverlay(side="left", gesture="thumbs_up", probability=0.9, points=(1000, 1000) * 21)
    header = PictureHeader(
        call_id=CALL_ID,
        frame_id=frame_id,
        rtp_timestamp=0,
        captured_at=time.time(),
        media_ms=0.0,
        age_ms=18.0,
        width_px=320,
        height_px=240,
        faces=(FaceOverlay(track_id=1, box=BOX, points=(5000, 5000) * 468),),
        hands=(hand,),
        stage_ms={"face_mesh": 1.25},
    )
    return encode_picture(header, encoded)


def asks_for_a_person(why: str) -> Alert:
    evidence = AlertEvidence(words=why, at=time.time())
    return Alert(
        id=f"{CALL_ID}-1",
        call_id=CALL_ID,
        kind=AlertKind.PERSON_ASKED,
        urgent=True,
        since=time.time(),
        evidence=(evidence,),
    )


async def watch(page: Page, server: PageServer) -> None:
    """Opens the page and watches `CALL_ID`, until the hub knows of it."""
    server.hub.put_call(summary())
    await page.goto(server.supervisor_url)
    await page.click(f".call-row[data-call-id='{CALL_ID}']")
    await until_watched(server.hub)


async def until_watched(hub: Hub) -> None:
    while not hub.pictured(CALL_ID):
        await asyncio.sleep(0.02)


async def test_calls_come_and_go_in_the_list() -> None:
    """The list follows the hub, and marks calls whose emotion is not analysed."""
    complaints: list[str] = []
    async with serving_pages() as server, opened_page(complaints=complaints) as page:
        await page.goto(server.supervisor_url)
        await expect(page.locator("#calls")).to_contain_text("No calls")
        server.hub.put_call(summary())
        server.hub.put_call(summary("99", purposes=("speech",)))
        await expect(page.locator(".call-row")).to_have_count(2)
        await expect(page.locator(".call-row[data-call-id='99']")).to_contain_text("emotion not analysed")
        server.hub.drop_call("99")
        await expect(page.locator(".call-row")).to_have_count(1)
    assert complaints == []


async def test_the_overlay_is_drawn_on_the_picture_that_it_came_with() -> None:
    """The newest picture is on the canvas, and where its header says the face's box is, the box's colour is."""
    async with serving_pages() as server, opened_page() as page:
        await watch(page, server)
        for frame_id, grey in ((1, 40), (2, 160)):
            server.hub.publish_picture(CALL_ID, picture(frame_id, grey))
            await expect(page.locator("#picture")).to_have_attribute("data-frame-id", str(frame_id))
        await expect(page.locator("#picture")).to_have_attribute("data-faces", "1")
        await expect(page.locator("#picture")).to_have_attribute(
            "aria-label", "Live picture: 1 face, 1 hand (thumbs up 90 %)"
        )
        edge, outside = await page.evaluate(
            """([x, y]) => {
                const canvas = document.querySelector("#picture");
                const at = (fx, fy) => {
                    const place = [Math.round(fx * canvas.width), Math.round(fy * canvas.height)];
                    return [...canvas.getContext("2d").getImageData(...place, 1, 1).data].slice(0, 3);
                };
                return [at(x, y), at(0.9, 0.9)];
            }""",
            [BOX[0], BOX[1] + BOX[3] / 2],
        )
        assert np.abs(np.subtract(edge, BOX_COLOUR)).max() < 40
        assert np.abs(np.subtract(outside, (160, 160, 160))).max() < 4
        await expect(page.locator("#latency [data-stage='face_mesh']")).to_contain_text("1.3")


async def test_what_is_not_known_is_called_unknown_and_never_neutral() -> None:
    """An expression that could not be read leaves no bar and says why; one that could is shown with its share."""
    async with serving_pages() as server, opened_page() as page:
        await watch(page, server)
        known = ExpressionValue(label="happiness", probabilities={"happiness": 0.8, "neutral": 0.2})
        unknown = ExpressionValue(label="unknown", probabilities={})
        server.hub.publish_signals(CALL_ID, [ExpressionSignal(**envelope(), value=known)])  # type: ignore[arg-type]
        panel = page.locator("#expressions")
        await expect(panel).to_have_attribute("data-label", "happiness")
        await expect(panel.locator("[data-expression='happiness']")).to_contain_text("80 %")
        blind = envelope(valid=False, reason="turned away")
        server.hub.publish_signals(CALL_ID, [ExpressionSignal(**blind, value=unknown)])  # type: ignore[arg-type]
        await expect(panel).to_have_attribute("data-label", "unknown")
        await expect(panel).to_contain_text("turned away")
        await expect(panel.locator("[data-expression='neutral']")).to_contain_text("–")


async def test_words_intent_affect_and_reasons_are_shown() -> None:
    """A supervisor reads what was said, what was wanted, how it felt, and why the agent answered so."""
    async with serving_pages() as server, opened_page() as page:
        await watch(page, server)
        asked = Caption(id="u1", speaker="customer", text="Where is my order?")
        answer = Caption(id="a1", speaker="agent", text="On its way.", because=("the customer seems upset",))
        for caption in (asked, answer):
            server.hub.publish_event(CALL_ID, SupervisorCaption(call_id=CALL_ID, caption=caption))
        intent = IntentValue(label="order_status", out_of_scope=False, slots={"order_id": "A1042"})
        affect = AffectValue(label="upset", valence=-0.4, arousal=0.5, trend="falling", coverage=0.8)
        signals: list[Signal] = [
            IntentSignal(**envelope(), value=intent),  # type: ignore[arg-type]
            AffectSignal(**envelope(), value=affect),  # type: ignore[arg-type]
        ]
        server.hub.publish_signals(CALL_ID, signals)
        await expect(page.locator("#transcript")).to_contain_text("Where is my order?")
        await expect(page.locator("#transcript")).to_contain_text("because of: the customer seems upset")
        await expect(page.locator("#intent")).to_contain_text("order id: A1042")
        await expect(page.locator("#affect")).to_contain_text("Valence (proxy) −0.40")
        await expect(page.locator("#latency [data-kind='affect']")).to_contain_text("21")


async def test_the_situation_its_reasons_and_both_languages_are_shown_in_words() -> None:
    """What goes on, why that is thought, how strong each level is, and what was said in the supervisor's language."""
    async with serving_pages() as server, opened_page() as page:
        await watch(page, server)
        scene = SceneValue(label="escalating", probabilities={"escalating": 0.8}, because=("asked twice",), held_s=14.2)
        words = TextEmotionValue(utterance_id=1, label="anger", probabilities={"anger": 0.7})
        affect = AffectValue(
            label="upset", valence=-0.4, arousal=0.5, trend="falling", coverage=0.8, frustration=0.72, changed="worse"
        )
        signals: list[Signal] = [
            SceneSignal(**envelope(), value=scene),  # type: ignore[arg-type]
            TextEmotionSignal(**envelope(), value=words),  # type: ignore[arg-type]
            AffectSignal(**envelope(), value=affect),  # type: ignore[arg-type]
        ]
        server.hub.publish_signals(CALL_ID, signals)
        said = Caption(id="u1", speaker="customer", text="我的订单在哪里？", translation="Where is my order?")
        server.hub.publish_event(CALL_ID, SupervisorCaption(call_id=CALL_ID, caption=said))
        await expect(page.locator("#scene")).to_contain_text("complains ever more")
        await expect(page.locator("#scene")).to_contain_text("because asked twice")
        await expect(page.locator("#text-emotion")).to_have_attribute("data-label", "anger")
        await expect(page.locator("#affect [data-level='frustration']")).to_contain_text("high")
        await expect(page.locator("#affect [data-level='urgency']")).to_contain_text("–")
        await expect(page.locator("#change")).to_have_text("worse")
        await expect(page.locator("#transcript .translation")).to_have_text("Where is my order?")
        server.hub.publish_signals(CALL_ID, [SceneSignal(**envelope(valid=False), value=scene)])  # type: ignore[arg-type]
        await expect(page.locator("#scene")).to_have_attribute("data-label", "unknown")


async def test_a_call_that_asks_for_a_person_raises_an_alert() -> None:
    """The alert reaches a supervisor who watches nothing, leads to the call, and goes when the call is over."""
    async with serving_pages() as server, opened_page() as page:
        server.hub.put_call(summary())
        await page.goto(server.supervisor_url)
        await expect(page.locator(".call-row")).to_have_count(1)
        server.hub.put_alerts(CALL_ID, (asks_for_a_person("asked twice"),))
        await expect(page.locator(".alert")).to_contain_text("asked twice")
        await page.click("#alerts >> text=Watch")
        await until_watched(server.hub)
        server.hub.drop_call(CALL_ID)
        await expect(page.locator(".alert")).to_have_count(0)
        await expect(page.locator(".watch")).to_contain_text("This call has ended")


async def test_the_page_comes_back_after_the_connection_broke() -> None:
    """A closed socket is said, opened again by itself, and the same call is watched as before."""
    async with serving_pages() as server, opened_page() as page:
        await page.add_init_script(
            "const Real = WebSocket; window.WebSocket = class extends Real"
            " { constructor(...all) { super(...all); window.lastSocket = this; } }"
        )
        await watch(page, server)
        await page.evaluate("lastSocket.close()")
        await expect(page.locator("#connection")).to_have_attribute("data-state", "waiting")
        await expect(page.locator("#connection")).to_have_attribute("data-state", "open")
        await until_watched(server.hub)
        server.hub.publish_picture(CALL_ID, picture(9, 90))
        await expect(page.locator("#picture")).to_have_attribute("data-frame-id", "9")
