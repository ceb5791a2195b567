"""The page on past calls: a real call found by a word, drawn again, labelled and taken as a file; and kept ones."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from agent.app.kept_data import opened_kept_data
from agent.app.past_calls import LookingBack
from agent.app.summaries import SETTLED_AFTER_S, Summaries
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.identity import Role
from agent.core.settings import Settings
from agent.core.settings.storage import StorageSettings
from agent.storage import tables
from agent.storage.calls import CallStore
from agent.storage.data_keys import open_keyring
from tests.browser.conftest import chromium
from tests.browser.page_server import PageServer, opened_page, serving_pages
from tests.past_calls import Past, record
from tests.serving import RunningAgent, running_agent
from tests.staff import PASSWORD

pytestmark = pytest.mark.timeout(150)

WORD = "zanzibar"
MARKUP = "<img src=x onerror=alert(1)> is my name"


@pytest.fixture
def replaying_agent(tmp_path: Path) -> Iterator[RunningAgent]:
    """An agent that asks whether points of face and hands may be kept."""
    with running_agent(tmp_path, AGENT_PRIVACY__REPLAY="true") as agent:
        yield agent


async def call_about(page: Page, agent: RunningAgent, word: str) -> None:
    """A whole call of somebody who agrees to be drawn again."""
    await page.goto(agent.url)
    await page.check("#also-replay")
    await page.click("#choice-agree")
    await page.click("#start-call")
    # What is said in the same hundredth of a second as the greeting may stand before it.
    await expect(page.locator("#captions [data-speaker=agent]").first).to_be_visible(timeout=20_000)
    await page.fill("#chat-input", f"where is my {word} kettle")
    await page.press("#chat-input", "Enter")
    await expect(page.locator("#captions [data-speaker=agent]").last).to_be_visible(timeout=20_000)
    # The camera's clip of a face is read for as long as the call goes on.
    await page.wait_for_timeout(4_000)
    await page.click("#end-call")
    await page.wait_for_selector("#ended")


def written_down(agent: RunningAgent) -> list[str]:
    with closing(sqlite3.connect(agent.folder / "agent.sqlite3")) as connection:
        return [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY seq")]


@pytest.mark.timeout(240)
async def test_a_call_is_found_drawn_labelled_and_taken_away(
    replaying_agent: RunningAgent, face_clip: Path, artefacts: Path
) -> None:
    """From the customer's yes to the file: every step on the real agent, and each look is in the audit log."""
    async with chromium(face_clip) as browser:
        await call_about(await browser.new_page(), replaying_agent, WORD)
        page = await browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(20_000)
        await page.goto(replaying_agent.supervisor_url.replace("/supervisor", "/history"))
        await expect(page.locator("#calls .call-link")).to_have_count(1, timeout=20_000)
        await page.fill("#search", WORD.upper())
        await page.click("#search-go")
        await page.click("#hits .hit >> nth=0")
        await expect(page.locator("#said [aria-current]")).to_contain_text(WORD)
        stage = page.locator("#stage")
        await page.press("#seek", "Home")
        await page.click("#play")
        await expect(stage).to_have_attribute("data-shows", "Drawn: a face")
        await page.screenshot(path=artefacts / "history_replay.png")
        await expect(page.locator("#seek")).not_to_have_js_property("value", "0")
        await page.click("#play")
        await page.locator("#said .moment", has_text=WORD).first.click()
        intent = page.locator(".read[data-kind=intent]")
        await intent.locator(".says-wrong").click()
        await page.select_option("#right-intent", "complaint")
        await intent.locator(".says-so").click()
        await expect(page.locator("#labels")).to_contain_text("it was complaint")
        await page.goto(replaying_agent.url + "/history#trends")
        async with page.expect_download() as saving:
            await page.click("#export-json")
        rows = json.loads((await (await saving.value).path()).read_text())
    assert [row["calls"] for row in rows] == [1, 1] and rows[-1]["valence_change"] is None
    looks = ["history.searched", "call.replayed", "moment.labelled", "history.compared", "history.exported"]
    assert [action for action in written_down(replaying_agent) if action in looks] == looks


@asynccontextmanager
async def serving_kept(folder: Path) -> AsyncIterator[PageServer]:
    """The pages, with four calls that ended, of which one was altered."""
    clock = FakeClock()
    settings = Settings(storage=StorageSettings(url=f"sqlite+aiosqlite:///{folder / 'agent.sqlite3'}"))
    calls = (
        Past(id="drawn", lasts_s=40, purposes=frozenset({Purpose.REPLAY})),
        Past(id="undrawn", said=MARKUP, alerted=True),
        Past(id="altered", lasts_s=5),
        Past(id="unfelt", valence=None, locale="zh-CN", said="我想退款", intent="refund"),
    )
    async with CallStore.opened(settings.storage, await open_keyring(settings.storage), clock) as store:
        for past in calls:
            record(store, clock, past)
    clock.advance(ms=1_000 * (SETTLED_AFTER_S + 1))
    async with (
        opened_kept_data(settings, clock) as kept,
        kept.engine.begin() as connection,
    ):
        keys = tables.call_keys
        await connection.execute(update(keys).where(keys.c.call_id == "altered").values(wrapped=bytes(60)))
    async with (
        opened_kept_data(settings, clock) as kept,
        serving_pages(past=LookingBack(kept, Summaries(kept))) as server,
    ):
        yield server


@asynccontextmanager
async def looking_back(folder: Path, place: str = "", *, refused: int | None = None) -> AsyncIterator[Page]:
    """A supervisor's browser on the page; any complaint in its console fails the test, but of a status to expect."""
    complaints: list[str] = []
    async with serving_kept(folder) as server, opened_page(complaints=complaints) as page:
        await page.goto(f"{server.url}/history#link={server.staff.door.link}")
        await page.wait_for_selector("#search")
        # The calls were made at a time to come.
        await page.select_option("#period", "0")
        await page.goto(f"{server.url}/history{place}")
        yield page
    assert [one for one in complaints if f"status of {refused} " not in one] == []


async def test_calls_are_narrowed_down(tmp_path: Path) -> None:
    """By what was understood in them; a search in Chinese finds its line, and leads back to the list."""
    async with looking_back(tmp_path) as page:
        await expect(page.locator("#calls tbody tr")).to_have_count(4)
        await page.select_option("#filter-intent", "refund")
        await expect(page.locator("#calls tbody tr")).to_have_count(1)
        await page.fill("#search", "退款")
        await page.click("#search-go")
        await expect(page.locator("#hits li")).to_have_count(1)
        await page.click("#search-close")
        await expect(page.locator("#calls tbody tr")).to_have_count(1)


async def test_without_a_yes_there_is_no_face(tmp_path: Path) -> None:
    """It says why, and the rest of the call is there; what a customer typed is shown as text, whatever it is."""
    async with looking_back(tmp_path, "#call/undrawn") as page:
        await expect(page.locator("#no-replay")).to_contain_text("did not agree")
        assert await page.locator("#stage").count() == 0
        await expect(page.locator("#said")).to_contain_text(MARKUP)
        await expect(page.locator("#timeline canvas")).to_be_visible()


async def test_a_call_s_alerts_and_who_saw_to_them_are_found(tmp_path: Path) -> None:
    """They stand among its events, with what they rested on."""
    async with looking_back(tmp_path) as page:
        await page.fill("#search", "alert person")
        await page.click("#search-go")
        await expect(page.locator("#hits li")).to_have_count(2)
        await expect(page.locator(".search-state")).to_contain_text("1 damaged call could not be searched")
        await page.locator("#hits .hit", has_text="seen to").click()
        await expect(page.locator("#said [aria-current]")).to_contain_text("ada")
        await expect(page.locator("#said")).to_contain_text("the customer asked for a person")


async def test_a_damaged_call_says_what_to_do(tmp_path: Path) -> None:
    """The others are listed beside it."""
    async with looking_back(tmp_path, refused=409) as page:
        damaged = page.locator("#calls tbody tr", has_text="Damaged")
        await expect(damaged).to_have_count(1)
        await damaged.locator(".call-link").click()
        await expect(page.locator("[role=alert]")).to_contain_text("put back a backup")


async def test_a_replay_is_driven_by_keys(tmp_path: Path) -> None:
    """Space, arrows and speed; the line and what was felt go with it, and the list of moments is reached by Tab."""
    async with looking_back(tmp_path, "#call/drawn") as page:
        await expect(page.locator("#stage")).to_have_attribute("data-shows", "Drawn: a face")
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#said [aria-current]")).to_contain_text("thumbs up")
        await expect(page.locator("#stage")).to_have_attribute("data-shows", "Drawn: a face and a right hand")
        for _ in range(5):
            await page.keyboard.press(".")
        await expect(page.locator("#speed")).to_have_value("8")
        await page.keyboard.press("Space")
        await expect(page.locator("#play")).to_have_text("Pause")
        await expect(page.locator(".player-time")).to_have_text("0:40 / 0:40")
        await expect(page.locator("#play")).to_have_text("Play")
        await expect(page.locator(".at-moment")).to_contain_text("happiness")
        await page.click("#zoom-in")
        await expect(page.locator("#zoom-out")).to_be_enabled()


async def test_engineers_see_no_past_calls(tmp_path: Path) -> None:
    """The page opens and says that it is for supervisors; nothing of a call is in it."""
    async with serving_kept(tmp_path) as server, opened_page() as page:
        await server.staff.add("eve", Role.ENGINEER)
        await page.goto(f"{server.url}/signin?next=/history")
        await page.fill("#name", "eve")
        await page.fill("#password", PASSWORD)
        await page.click("#sign-in")
        await expect(page.locator("[role=alert]")).to_contain_text("for supervisors")
        assert await page.locator("#calls").count() == 0
