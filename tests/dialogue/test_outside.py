"""Tools from outside, asked of real servers on this machine: one that FastAPI describes, and MCP in both its ways."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from agent.core.errors import SettingsError
from agent.core.settings import McpSettings, OpenApiSettings, ReplySettings
from agent.dialogue.domain import load_domain
from agent.dialogue.engine import serve_engine
from agent.dialogue.outside import LONGEST_VALUE, Outside, opened, result_of
from agent.dialogue.protocol import Chat, Intent, Say, Show
from agent.dialogue.tools import FAILED, ToolCall, ToolResult
from tests.dialogue.mcp_server import server as mcp_server
from tests.dialogue.test_engine import read, send, talking_to

PACK = "tests.dialogue.kiosk"
DOMAIN = load_domain(PACK)
SOON_S = 0.3
TOOLS = {"find_order": "getOrder", "cancel": "cancelOrder"}
KEY = "a key of sixteen letters"


class Reason(BaseModel):
    times: int
    order_id: str


class Business:
    """A business system with an HTTP interface; it keeps what came in."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.cancelled: dict[str, int] = {}
        self.bodies: list[Reason] = []
        self.app = FastAPI()
        self.app.get("/orders/{order_id}", operation_id="getOrder")(self.order)
        self.app.post("/orders/{order_id}/cancel", operation_id="cancelOrder")(self.cancel)
        self.app.post("/search", operation_id="search")(self.search)
        for path in ("slow", "elsewhere", "broken", "endless", "refused", "list"):
            self.app.get(f"/{path}", operation_id=path)(self.odd)
        self.app.get("/admin", operation_id="admin")(self.odd)

    async def order(self, order_id: str, request: Request) -> dict[str, Any]:
        self.asked.append(request)
        if order_id != "A1042":
            raise HTTPException(404)
        return {"order_id": order_id, "price": "$40", "arrives": "tomorrow", "parts": [1, 2]}

    async def cancel(self, order_id: str, idempotency_key: str = Header()) -> dict[str, str]:
        self.cancelled.setdefault(idempotency_key, len(self.cancelled) + 1)
        return {"outcome": "cancelled", "order_id": order_id, "case": str(self.cancelled[idempotency_key])}

    async def search(self, reason: Reason) -> dict[str, str]:
        self.bodies.append(reason)
        return {"outcome": "found"}

    async def odd(self, request: Request) -> Response:
        self.asked.append(request)
        match request.url.path:
            case "/slow":
                await asyncio.sleep(30)
            case "/elsewhere":
                return RedirectResponse("/admin")
            case "/broken":
                return Response("{never closed", media_type="application/json")
            case "/endless":
                return Response(b'"' + b"x" * 400_000 + b'"', media_type="application/json")
            case "/refused":
                raise HTTPException(403)
        return Response(json.dumps([{"label": "Kettle", "value": "$40"}, ["Lamp", 25]]), media_type="application/json")


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The host and port of an ASGI application on a real socket."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on", timeout_graceful_shutdown=0))
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await serving


def described(host: str, tools: dict[str, str] = TOOLS, **changes: Any) -> OpenApiSettings:
    settings = {"document": f"http://{host}/openapi.json", "hosts": (host,), "tools": tools, "answer_within_s": 5.0}
    return OpenApiSettings(**settings | changes)


def tools_of(*described_by: OpenApiSettings, mcp: tuple[McpSettings, ...] = ()) -> AbstractAsyncContextManager[Outside]:
    return opened(ReplySettings(domain=PACK, openapi=described_by, mcp=mcp), DOMAIN)


def call(tool: str, key: str = "", **arguments: str) -> ToolCall:
    return ToolCall(name=tool, customer="dana", arguments=arguments, key=key)


async def test_an_operation_answers_a_lookup() -> None:
    """Its fields are the values; of what is known, only what it declares is sent."""
    business = Business()
    async with served(business.app) as host, tools_of(described(host)) as outside:
        result = await outside.run(call("find_order", order_id="A1042", surname="Brown"))
        unknown = await outside.run(call("find_order", order_id="B2077"))
    assert result == ToolResult(outcome="found", values={"order_id": "A1042", "price": "$40", "arrives": "tomorrow"})
    assert unknown.outcome == "not_found"
    sent = business.asked[0]
    assert "Brown" not in str(sent.url) + str(sent.headers) and "dana" not in str(sent.url) + str(sent.headers)


async def test_the_same_write_twice_is_one_for_the_business() -> None:
    """It sees one key for one request of the customer, and another for the next."""
    business = Business()
    async with served(business.app) as host, tools_of(described(host)) as outside:
        results = [await outside.run(call("cancel", key, order_id="A1042")) for key in ("c1 s1", "c1 s1", "c1 s2")]
    assert [result.values["case"] for result in results] == ["1", "1", "2"]


async def test_a_body_is_filled_with_the_types_that_it_wants() -> None:
    """A number goes as a number; one that is none, or a missing field, does not go at all."""
    business = Business()
    tools = {"find_order": "search"}
    async with served(business.app) as host, tools_of(described(host, tools, reads=("find_order",))) as outside:
        assert (await outside.run(call("find_order", order_id="A1", times="3"))).outcome == "found"
        assert await outside.run(call("find_order", order_id="A1", times="often")) == FAILED
        assert await outside.run(call("find_order", order_id="A1")) == FAILED
    assert business.bodies == [Reason(times=3, order_id="A1")]


@pytest.mark.parametrize("order_id", ["../admin", "..", ".", "", "A1042?x=1", "A1042/cancel", "http://evil.example/"])
async def test_a_value_does_not_leave_its_place_in_the_path(order_id: str) -> None:
    """Whatever it holds, it is one segment of the order's path, or nothing is asked."""
    business = Business()
    async with served(business.app) as host, tools_of(described(host)) as outside:
        result = await outside.run(call("find_order", order_id=order_id))
    assert result.outcome in ("not_found", "failed")
    assert all(request.url.path.startswith("/orders/") for request in business.asked)
    assert business.cancelled == {}


@pytest.mark.parametrize("operation", ["slow", "elsewhere", "broken", "endless", "refused"])
async def test_a_system_that_fails_is_a_failed_tool(operation: str) -> None:
    """Too slow, redirecting, no JSON, too long, refusing: the flow hears `failed`, and nothing else is asked."""
    business = Business()
    within_s = SOON_S if operation == "slow" else 5.0
    async with served(business.app) as host:
        settings = described(host, {"find_order": operation}, answer_within_s=within_s)
        async with tools_of(settings) as outside:
            assert await outside.run(call("find_order")) == FAILED
    assert [request.url.path for request in business.asked] == [f"/{operation}"]


async def test_a_list_is_rows_of_a_card() -> None:
    """Pairs and labelled values alike."""
    async with served(Business().app) as host, tools_of(described(host, {"find_order": "list"})) as outside:
        assert (await outside.run(call("find_order"))).rows == (("Kettle", "$40"), ("Lamp", "25"))


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"hosts": ("erp.example",)}, "not among the allowed hosts"),
        ({"url": "http://169.254.169.254/latest"}, "169.254.169.254 is not among"),
        ({"url": "http://user@127.0.0.1:1"}, "not among"),
        ({"url": "file:///etc/passwd", "pattern": None}, "pattern|match"),
        ({"tools": {"find_order": "dropAll"}}, "no operation 'dropAll'"),
        ({"tools": {"find_order": "cancelOrder"}}, "may write"),
        ({"document": "/nowhere/openapi.json"}, "cannot be read"),
        ({"document": __file__}, "cannot be read|no OpenAPI"),
        ({"url": "http://erp.example", "hosts": ("erp.example",), "document": "LOCAL", "key": KEY}, "unprotected"),
        ({"document": "http://erp.example/d.json", "hosts": ("erp.example",), "key": KEY}, "unprotected"),
    ],
)
async def test_what_is_not_allowed_is_refused_at_the_start(changes: dict[str, Any], why: str, tmp_path: Path) -> None:
    """Hosts, operations and descriptions, each with what is wrong."""
    business = Business()
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(business.app.openapi()))
    changes = {name: str(document) if value == "LOCAL" else value for name, value in changes.items()}
    async with served(business.app) as host:
        with pytest.raises((SettingsError, ValueError), match=why):
            async with tools_of(described(host, **changes)):
                pass
    assert business.asked == []


async def test_a_server_elsewhere_in_the_description_is_not_called(tmp_path: Path) -> None:
    """The operator's list of hosts counts, not what a document says."""
    document = tmp_path / "openapi.yaml"
    written = Business().app.openapi() | {"servers": [{"url": "http://evil.example/api"}]}
    document.write_text(json.dumps(written))
    with pytest.raises(SettingsError, match=r"evil\.example is not among"):
        async with tools_of(described("127.0.0.1:1", document=str(document))):
            pass


async def test_one_tool_comes_from_one_system() -> None:
    """Two that claim it are a mistake."""
    async with served(Business().app) as host:
        with pytest.raises(SettingsError, match="comes from two systems"):
            async with tools_of(described(host), described(host)):
                pass


async def test_a_flow_asks_outside_in_the_packs_place(tmp_path: Path) -> None:
    """A customer hears what the system outside says, in the pack's own line."""
    async with served(Business().app) as host:
        settings = ReplySettings(domain=PACK, database=tmp_path / "k.sqlite3", openapi=(described(host),))
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            engine = tasks.create_task(serve_engine("127.0.0.1", 0, settings, port.set_result))
            async with talking_to(f"ws://127.0.0.1:{await port}") as socket:
                intent = Intent(label="order_status", probability=0.9, slots={"order_id": "A1042"})
                await send(socket, Chat(text="where is A1042", intent=intent))
                card, said = await read(socket), await read(socket)
            engine.cancel()
    assert isinstance(card, Show) and isinstance(said, Say)
    assert said.text == "Order A1042 costs $40 and comes tomorrow."


# ---- MCP ------------------------------------------------------------------------------------------------------------

STDIO = McpSettings(
    command=(sys.executable, "-m", "tests.dialogue.mcp_server"),
    tools={
        "find_order": "get_order",
        "cancel": "cancel_order",
        "break": "broken",
        "crash": "crash",
        "env": "environment",
    },
    answer_within_s=10.0,
)


@pytest.mark.timeout(60)
async def test_an_mcp_server_on_standard_input_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it finds, refuses and writes; it gets none of the agent's secrets, and is started again when it dies."""
    monkeypatch.setenv("AGENT_REPLY__LLM__KEY", "a secret")
    async with tools_of(mcp=(STDIO,)) as outside:
        found = await outside.run(call("find_order", order_id="A1042", surname="Brown"))
        assert found.values == {"order_id": "A1042", "price": "$40", "arrives": "tomorrow"}
        assert (await outside.run(call("find_order", order_id="A0000"))).outcome == "unknown"
        assert (await outside.run(call("cancel", "c1 s1", order_id="A1042"))).values["times"] == "1"
        assert (await outside.run(call("env"))).values["secret"] == "not given"
        assert await outside.run(call("break")) == FAILED
        assert await outside.run(call("crash")) == FAILED
        async with asyncio.timeout(40):
            while (again := await outside.run(call("find_order", order_id="A1042"))) == FAILED:
                await asyncio.sleep(0.1)
    assert again == found


@pytest.mark.timeout(60)
async def test_an_mcp_server_over_http_answers() -> None:
    """The same tools by streamable HTTP."""
    async with served(mcp_server().streamable_http_app(host="127.0.0.1")) as host:
        settings = McpSettings(url=f"http://{host}/mcp", tools={"find_order": "get_order"}, answer_within_s=10.0)
        async with tools_of(mcp=(settings,)) as outside:
            found = await outside.run(call("find_order", order_id="A1042"))
    assert found.values["price"] == "$40"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "settings, why",
    [
        (STDIO.model_copy(update={"tools": {"find_order": "steal"}}), "no tool 'steal'"),
        (McpSettings(command=("/nowhere/server",), tools={"find_order": "x"}), "/nowhere/server cannot be used"),
        (McpSettings(url="http://127.0.0.1:9/mcp", tools={"find_order": "x"}), "cannot be used"),
    ],
)
async def test_an_mcp_server_that_cannot_be_used_is_said_at_the_start(settings: McpSettings, why: str) -> None:
    """With its address and what is wrong."""
    with pytest.raises(SettingsError, match=why):
        async with tools_of(mcp=(settings,)):
            pass


class Huge:
    """A system whose answer is a number of more digits than Python writes."""

    names = frozenset({"find_order"})
    answer_within_s = 1.0

    async def ask(self, call: ToolCall, key: str) -> Any:
        return {"price": 10**5_000}


async def test_an_answer_that_cannot_be_put_into_words_fails_like_none() -> None:
    """The customer is told that the system does not answer, and the conversation goes on."""
    assert await Outside((Huge(),)).run(call("find_order")) == FAILED


# ---- answers --------------------------------------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["outcome", "values", "rows"]), inner),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_JSON)
def test_any_answer_becomes_a_result_that_can_be_spoken(answer: Any) -> None:
    """Short texts without control characters, whatever a system sends."""
    result = result_of(answer)
    texts = [*result.values.values(), *(part for row in result.rows for part in row)]
    assert all(len(text) <= LONGEST_VALUE and text.isprintable() for text in texts)
    assert result.outcome
