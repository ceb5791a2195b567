"""`/api/history`: what is asked reaches the archive as it was meant; nothing is shown that cannot be written down."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from agent.core.errors import AgentError, CallDamaged, CallNotFound, StoreError
from agent.core.settings import Settings
from agent.transport.api import build_app
from agent.transport.history_forms import CallsWish, LabelWish, SearchWish, TableWish, TrendsWish
from agent.transport.history_messages import (
    AffectSeries,
    CallsPage,
    CallStory,
    Estimate,
    ExpressionSeries,
    Group,
    PastCall,
    Prediction,
    Replay,
    SceneSeries,
    SearchDone,
    SearchHit,
    SearchLine,
    Series,
    Trends,
    VoiceSeries,
)
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from tests.transport.conftest import SUPERVISOR, ScriptedDesk, ScriptedScribe

CALL = PastCall(
    call_id="c1", started_at=1_800_000_000.0, lasted_s=61.0, language="en", domain="shop", outcome="answered",
    ended_because="customer_left", intents=("order_status",), turns=2, taken_over=False, score=4, resolved=True,
    replayable=True,
)  # fmt: skip
LABEL = {"call_id": "c1", "at_s": 2.5, "kind": "emotion", "read": "anger", "right": "neutral"}
NONE = Estimate(n=0, value=0.0, low=0.0, high=1.0)
ALL = Group(
    name="all", calls=0, lasted_s=0.0, handed_off=NONE, resolved=None, score=None, predicted=None, valence_start=None,
    valence_end=None, valence_change=None,
)  # fmt: skip


@dataclass
class ScriptedPast:
    """Implements `transport.history.PastCalls`: knows the call "c1", and notes what it is asked."""

    asked: list[Any] = field(default_factory=list)
    away: bool = False
    """Whether a search fails on its way."""

    async def calls(self, wish: CallsWish) -> CallsPage:
        self.asked.append((wish.intent, wish.place, wish.limit))
        return CallsPage(calls=(CALL,), next="1.5~c1")

    async def story(self, call_id: str) -> CallStory:
        self._check(call_id)
        return CallStory(
            call=CALL, lines=(), events=(), labels=(), survey=None, consents=(), replay=Replay(state="not_agreed"),
            trains=False, label_values={},
        )  # fmt: skip

    async def series(self, call_id: str) -> Series:
        self._check(call_id)
        return Series(affect=AffectSeries(), expression=ExpressionSeries(), voice=VoiceSeries(), scene=SceneSeries())

    async def tracks(self, call_id: str, part: int) -> bytes:
        self._check(call_id)
        return b"\x78\x9c\x03\x00\x00\x00\x00\x01"

    async def search(self, wish: SearchWish) -> AsyncIterator[SearchLine]:
        yield SearchHit(call_id="c1", started_at=1.0, at_s=2.0, who="customer", text=f"<b>{wish.words}")
        if self.away:
            raise StoreError("a sentence with the database's address")
        yield SearchDone(calls=1, why="all", oldest_at=1.0)

    async def label(self, wish: LabelWish, *, by: str) -> None:
        self._check(wish.call_id)
        if wish.right == "bored":
            raise AgentError("'bored' is no emotion that the agent knows")
        self.asked.append((by, wish.at_s, wish.read, wish.right))

    async def trends(self, wish: TrendsWish) -> Trends:
        worth = Prediction(n=0, least=30, error=None, error_of_mean=None)
        return Trends(
            by=wish.by, from_at=0.0, until_at=1.0, total=ALL, groups=(), prediction=worth, smallest_group=5,
            without_facts=0, cut=False,
        )  # fmt: skip

    async def table(self, wish: TableWish) -> bytes:
        return wish.what.encode()

    def _check(self, call_id: str) -> None:
        if call_id == "damaged":
            raise CallDamaged("the data key of call damaged was altered; put back a backup")
        if call_id != "c1":
            raise CallNotFound("nothing is kept of it")


@dataclass
class Log:
    """What was written down; `full` where nothing can be."""

    entries: list[tuple[str, str, str]] = field(default_factory=list)
    full: bool = False

    async def record(self, actor: str, action: str, subject: str) -> None:
        await asyncio.sleep(0)
        if self.full:
            raise StoreError("a sentence with the database's address")
        self.entries.append((actor, action, subject))


@pytest.fixture
def past() -> ScriptedPast:
    return ScriptedPast()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def client(
    past: ScriptedPast, log: Log, hub: Hub, metrics: Metrics, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may look back."""
    app = build_app(ScriptedDesk(), hub, ScriptedScribe(), metrics, settings, past=past, record=log.record)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://agent.test", headers=SUPERVISOR) as client:
        yield client


async def test_calls_are_listed_page_by_page(client: httpx.AsyncClient, past: ScriptedPast, log: Log) -> None:
    """Where a page ended leads to the next one; a list shows no word, so it is nobody's look at a call."""
    first = (await client.get("/api/history/calls", params={"intent": "order_status"})).json()
    again = await client.get("/api/history/calls", params={"before": first["next"], "limit": 7})
    assert first["calls"][0]["intents"] == ["order_status"]
    assert again.headers["cache-control"] == "no-store"
    assert past.asked == [("order_status", None, 50), (None, (1.5, "c1"), 7)]
    assert log.entries == []


@pytest.mark.parametrize("before", ["x", "1.5", "~c1", "nan~c1", "1e999999~c1", "1.5~../c1"])
async def test_a_made_up_place_is_refused(client: httpx.AsyncClient, before: str) -> None:
    """What no page gave is a question that is put wrongly, not a fault of ours."""
    assert (await client.get("/api/history/calls", params={"before": before})).status_code == 422


async def test_one_look_at_a_call_is_written_down_once(client: httpx.AsyncClient, log: Log) -> None:
    """A replay asks for many parts of a call; a call that is not kept was asked for, too."""
    paths = ("", "/series", "/tracks/0", "/tracks/1", "")
    answers = await asyncio.gather(*(client.get(f"/api/history/calls/c1{path}") for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    assert (await client.get("/api/history/calls/c2")).status_code == 404
    assert log.entries == [("key:supervisor", "call.replayed", "c1"), ("key:supervisor", "call.replayed", "c2")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "calls/c1", None),
        ("GET", "calls/c1/series", None),
        ("GET", "calls/c1/tracks/0", None),
        ("POST", "search", {"words": "kettle"}),
        ("POST", "labels", LABEL),
        ("GET", "trends", None),
        ("GET", "export", None),
    ],
)
async def test_nothing_is_shown_that_cannot_be_written_down(
    client: httpx.AsyncClient, past: ScriptedPast, log: Log, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """While the audit log takes nothing it is refused, in words that name no address."""
    log.full = True
    answer = await client.request(method, f"/api/history/{path}", json=body)
    assert answer.status_code == 503 and "address" not in answer.text
    assert past.asked == []


@pytest.mark.parametrize("part", ["", "/series", "/tracks/0"])
async def test_a_damaged_call_is_told_from_an_archive_that_is_away(client: httpx.AsyncClient, part: str) -> None:
    """With what to do about it: asking again would not help."""
    answer = await client.get(f"/api/history/calls/damaged{part}")
    assert (answer.status_code, "put back a backup" in answer.json()["detail"]) == (409, True)


async def test_a_search_tells_line_by_line(client: httpx.AsyncClient, past: ScriptedPast, log: Log) -> None:
    """What was looked for is not in the log, as it may name somebody; an archive that goes away ends it with a word."""
    answer = await client.post("/api/history/search", json={"words": "Mr Smith", "from_at": 5})
    past.away = True
    broken = await client.post("/api/history/search", json={"words": "Mr Smith"})
    assert [json.loads(line)["type"] for line in answer.text.splitlines()] == ["hit", "done"]
    assert [json.loads(line)["type"] for line in broken.text.splitlines()] == ["hit", "fault"]
    assert "address" not in broken.text
    assert log.entries[0] == ("key:supervisor", "history.searched", "5..")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 204),
        ({"right": ""}, 204),
        ({"right": "bored"}, 422),
        ({"kind": "hair"}, 422),
        ({"at_s": -1}, 422),
        ({"call_id": "c2"}, 404),
        ({"call_id": "damaged"}, 409),
        ({"call_id": "c\0"}, 422),
        ({"more": 1}, 422),
    ],
)
async def test_a_moment_is_labelled(
    client: httpx.AsyncClient, past: ScriptedPast, change: dict[str, Any], status: int
) -> None:
    """By who is signed in; what the agent does not know, or nobody may say, is refused."""
    answer = await client.post("/api/history/labels", json=LABEL | change)
    assert answer.status_code == status
    kept = [("key:supervisor", 2.5, "anger", change.get("right", "neutral"))]
    assert past.asked == (kept if status == 204 else [])


@pytest.mark.parametrize(
    ("what", "form", "kind"),
    [("calls", "csv", "text/csv"), ("trends", "json", "application/json"), ("trends", "parquet", "parquet")],
)
async def test_tables_are_files(client: httpx.AsyncClient, what: str, form: str, kind: str, log: Log) -> None:
    """With a name, and a type that programs know."""
    answer = await client.get("/api/history/export", params={"what": what, "format": form})
    assert answer.content == what.encode()
    assert kind in answer.headers["content-type"]
    assert f"{what}.{form}" in answer.headers["content-disposition"]
    assert log.entries == [("key:supervisor", "history.exported", f"{what} ..")]
