"""What the agent writes for staff is in Chinese on a Chinese page wherever the sentence is its own."""

import time

import msgspec
from playwright.async_api import expect

from agent.core.alerts import AlertKind
from agent.core.sentences import Sentence, sentence, tell
from agent.core.signals import HealthSignal, HealthValue, RoomFault
from agent.transport.messages import Caption
from agent.transport.supervisor_messages import (
    Alert,
    AlertEvidence,
    NextReply,
    Served,
    Service,
    SupervisorCaption,
    SupervisorNote,
)
from tests.browser.page_server import PageServer, opened_page, serving_pages
from tests.browser.test_supervisor_page import CALL_ID, envelope, summary, until_watched

FOREIGN = "the tool's own words"


def _tell(server: PageServer) -> None:
    """An alert, faults of the agent and of a call, a reply with its reasons, the next one, and a note."""
    hub, at = server.hub, time.time()
    held = AlertEvidence(at=at, **msgspec.structs.asdict(sentence(tell("held", seconds="60"))))
    alert = Alert(id=f"{CALL_ID}-1", call_id=CALL_ID, kind=AlertKind.HELD, urgent=False, since=at, evidence=(held,))
    hub.put_alerts(CALL_ID, (alert,))
    wrong = sentence(tell("kept_on_disk", why="the database takes nothing"))
    nobody = Served(customers=0, in_time=0, given_up=0)
    hub.put_service(
        Service(
            rated=2, in_use=1, free_share=0.5, in_line=0, answered_within_s=20, last_hour=nobody, last_day=nobody,
            faults=(wrong.words,), told_faults=(wrong,),
        )
    )  # fmt: skip
    fault = RoomFault(room="archive", **msgspec.structs.asdict(wrong))
    health = HealthValue(state="degraded", reasons=(f"archive: {wrong.words}",), faults=(fault,))
    hub.publish_signals(CALL_ID, [HealthSignal(**envelope(), value=health)])  # type: ignore[arg-type]
    why = (sentence(tell("sign_answers", gesture="thumbs up")), Sentence(words=FOREIGN))
    said = Caption(id="a1", speaker="agent", text="OK", because=tuple(one.words for one in why), told_because=why)
    hub.publish_event(CALL_ID, SupervisorCaption(call_id=CALL_ID, caption=said))
    hub.publish_event(CALL_ID, NextReply(call_id=CALL_ID, text="Yes", because=(why[0].words,), told_because=why[:1]))
    hub.publish_event(CALL_ID, SupervisorNote(call_id=CALL_ID, text=FOREIGN))


async def test_supervisors_read_it_in_chinese() -> None:
    """Evidence, faults and reasons; words of others stay as they are and are marked as English."""
    async with serving_pages() as server, opened_page() as page:
        server.hub.put_call(summary())
        await page.goto(server.supervisor_url.replace("/supervisor", "/supervisor?lang=zh"))
        await page.click(f".call-row[data-call-id='{CALL_ID}']")
        await until_watched(server.hub)
        _tell(server)
        await expect(page.locator(".alert .evidence")).to_have_text("已保持 60 秒")
        await expect(page.locator("#service")).to_contain_text("数据库无法写入；在恢复之前")
        await expect(page.locator("#health")).to_contain_text("存档：数据库无法写入；在恢复之前")
        reasons = page.locator("#transcript .because")
        await expect(reasons).to_have_text(f"依据：在等待客户回答是或否时，客户竖大拇指；{FOREIGN}")
        await expect(reasons.locator("[lang=en]")).to_have_text(FOREIGN)
        await expect(page.locator("#next-reply")).to_contain_text("客户竖大拇指")
        await expect(page.locator("#transcript [data-speaker=note] [lang=en]")).to_have_text(FOREIGN)
        assert await page.locator(".evidence [lang=en], #service [lang=en], #health [lang=en]").count() == 0
