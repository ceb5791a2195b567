"""An engine speaks to who shows its key, and an agent speaks to the engine that it was told of."""

import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from agent.core.settings import ReplySettings
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import CallStarted, Say
from tests.dialogue.running_engine import engine_of

KEY = "the-key-of-this-engine"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": "Bearer the-key-of-this-engin"}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Bearer {KEY}é"}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Basic {KEY}"}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Bearer {KEY}", "Origin": "http://127.0.0.1"}, HTTPStatus.FORBIDDEN),
    ],
)
async def test_who_does_not_show_the_key_is_refused(
    headers: dict[str, str], status: HTTPStatus, tmp_path: Path
) -> None:
    """In the handshake, before anything is said; a page of a browser even with it."""
    async with engine_of(ReplySettings(key=KEY, database=tmp_path / "shop.sqlite3")) as url:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, additional_headers=headers):
                pass
    assert refused.value.response.status_code == status


async def test_an_agent_with_the_key_is_served(tmp_path: Path) -> None:
    """And one without it is told why, and keeps trying."""
    settings = ReplySettings(key=KEY, database=tmp_path / "shop.sqlite3")
    async with engine_of(settings) as url, asyncio.TaskGroup() as tasks:
        told = asyncio.Event()
        reasons: list[str] = []

        def note(connected: bool, why: str) -> None:
            reasons.append(why)
            told.set()

        stranger = ReplyClient(url, CallStarted(call_id="c1"), on_link=note)
        trying = tasks.create_task(stranger.run())
        await told.wait()
        trying.cancel()
        assert "401" in reasons[0]
        client = ReplyClient(url, CallStarted(call_id="c2"), headers=settings.bearer())
        tasks.create_task(client.run())
        assert isinstance(await client.incoming.get(), Say)
        client.finish("customer_left")


async def test_an_engine_without_a_key_speaks_to_programs_only() -> None:
    """As an engine on the developer's own machine does, which every page that is open there could reach."""
    async with engine_of(ReplySettings(database=Path(":memory:"))) as url:
        async with connect(url) as socket:
            assert "hello" in str(await socket.recv())
        with pytest.raises(InvalidStatus):
            async with connect(url, origin="https://elsewhere.example"):  # type: ignore[arg-type]
                pass


async def test_an_agent_is_not_sent_elsewhere() -> None:
    """An engine that answers with a redirect is one that cannot be reached; the key and the words go nowhere."""
    reached: list[str] = []

    async def elsewhere(socket: ServerConnection) -> None:
        reached.append("elsewhere")

    def point(connection: ServerConnection, request: Request) -> Response:
        refusal = connection.respond(HTTPStatus.TEMPORARY_REDIRECT, "")
        refusal.headers["Location"] = target
        return refusal

    async with (
        serve(elsewhere, "127.0.0.1", 0) as other,
        serve(elsewhere, "127.0.0.1", 0, process_request=point) as one,
    ):
        target = f"ws://127.0.0.1:{next(iter(other.sockets)).getsockname()[1]}"
        lost = asyncio.Event()
        url = f"ws://127.0.0.1:{next(iter(one.sockets)).getsockname()[1]}"
        client = ReplyClient(url, CallStarted(call_id="c1"), on_link=lambda up, why: lost.set())
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            trying = tasks.create_task(client.run())
            await lost.wait()
            trying.cancel()
    assert reached == []


@pytest.mark.parametrize(
    ("url", "unencrypted", "allowed"),
    [
        ("ws://127.0.0.1:9000", False, True),
        ("ws://localhost:9000", False, True),
        ("ws://[::1]:9000", False, True),
        ("wss://engine.example", False, True),
        ("ws://engine.example", False, False),
        ("ws://10.0.0.5:9000", False, False),
        ("ws://engine:9000", True, True),
    ],
)
def test_words_leave_the_machine_encrypted(url: str, unencrypted: bool, allowed: bool) -> None:
    """Or where the operator says that nobody else is on the network."""
    if allowed:
        assert ReplySettings(url=url, unencrypted=unencrypted).url == url
    else:
        with pytest.raises(ValueError, match="wss://"):
            ReplySettings(url=url, unencrypted=unencrypted)
