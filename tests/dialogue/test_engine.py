"""The reply engine over a real WebSocket: with our own client, with odd agents, and through breaks."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from agent.core.errors import EngineUnavailable, SettingsError, StoreError
from agent.core.settings import ReplySettings
from agent.dialogue.client import ReplyClient
from agent.dialogue.codec import decode_from_engine, encode
from agent.dialogue.engine import ENGINE_NAME, serve_engine
from agent.dialogue.link_timing import LinkTiming
from agent.dialogue.protocol import (
    AgentHello,
    CallStarted,
    Chat,
    EngineHello,
    FromEngine,
    Hide,
    Intent,
    Resumed,
    Say,
    Show,
    SignalSeen,
    StaffWrote,
    Suggest,
    TakenOver,
    ToEngine,
    Utterance,
)
from tests.dialogue.running_engine import engine_of
from tests.dialogue.wire import affect_signal


@pytest.fixture
def shop(tmp_path: Path) -> ReplySettings:
    return ReplySettings(database=tmp_path / "shop.sqlite3")


async def read(socket: ClientConnection) -> FromEngine:
    message = decode_from_engine(await socket.recv())
    assert isinstance(message, FromEngine)
    return message


async def send(socket: ClientConnection, *messages: ToEngine) -> None:
    for message in messages:
        await socket.send(encode(message))


def ask(label: str, text: str = "words", **slots: str) -> Chat:
    return Chat(text=text, intent=Intent(label=label, probability=0.95, slots=slots))


async def test_whole_conversation_with_our_client(shop: ReplySettings) -> None:
    """Greeting, question, card, confirmation, and the return in the database."""
    async with engine_of(shop) as url, asyncio.TaskGroup() as tasks:
        client = ReplyClient(url, CallStarted(call_id="c1", customer="dana"))
        tasks.create_task(client.run())
        greeting = await client.incoming.get()
        assert isinstance(greeting, Say) and greeting.text.startswith("Hello")
        client.send(ask("return_item", order_id="A1017"))
        assert isinstance(await client.incoming.get(), Show)
        question = await client.incoming.get()
        assert isinstance(question, Say) and question.text.startswith(
            "Shall I open a return for the classic headphones"
        )
        client.send(ask("affirm"))
        assert await client.incoming.get() == Hide(card="yes_or_no A1017")
        slip = await client.incoming.get()
        assert isinstance(slip, Show) and slip.card.title == "Return R5004"
        client.finish("customer_left")
    with closing(sqlite3.connect(shop.database)) as connection:
        assert connection.execute("SELECT count(*) FROM returns WHERE number = 5004").fetchone() == (1,)


@asynccontextmanager
async def talking_to(url: str) -> AsyncIterator[ClientConnection]:
    """A connection that has been greeted."""
    async with connect(url) as socket:
        await read(socket)
        await send(socket, AgentHello(), CallStarted(call_id="c1", customer="dana"))
        await read(socket)
        yield socket


def heard(label: str, text: str, *, final: bool, number: int = 1, **slots: str) -> Utterance:
    intent = Intent(label=label, probability=0.95, slots=slots)
    return Utterance(id=number, text=text, final=final, likely_final=not final, intent=intent)


async def test_words_that_may_be_all_are_answered_early_and_said_once_they_are(shop: ReplySettings) -> None:
    """The reply is made ready without its card; the final words bring both, with the same id, and nothing twice."""
    async with engine_of(shop) as url, talking_to(url) as socket:
        await send(socket, heard("order_status", "where is A1017", final=False, order_id="A1017"))
        ready = await read(socket)
        assert isinstance(ready, Say) and ready.guess
        await send(
            socket,
            SignalSeen(signal=affect_signal(valence=-0.5)),
            heard("order_status", "where is A1017", final=True, order_id="A1017"),
        )
        assert isinstance(await read(socket), Show)
        said = await read(socket)
        assert isinstance(said, Say) and not said.guess
        assert (said.id, said.text) == (ready.id, ready.text)
        await send(socket, ask("thanks"))
        after = await read(socket)
        assert isinstance(after, Say) and after.text.startswith("You're welcome")


async def test_words_that_were_not_all_leave_no_trace(shop: ReplySettings) -> None:
    """When more was said, the answer is to all of it, as if nothing had been guessed."""
    async with engine_of(shop) as url, talking_to(url) as socket:
        await send(socket, heard("order_status", "where is it", final=False))
        assert isinstance(guessed := await read(socket), Say) and "order number" in guessed.text
        await send(socket, heard("thanks", "where is it oh I see it thanks", final=True))
        said = await read(socket)
        assert isinstance(said, Say) and not said.guess and said.text.startswith("You're welcome")


async def test_nothing_is_written_for_a_guess(shop: ReplySettings) -> None:
    """A yes that may go on opens no return; the yes that is final does."""
    async with engine_of(shop) as url, talking_to(url) as socket:
        await send(socket, ask("return_item", order_id="A1017"))
        await read(socket)
        await read(socket)
        await send(socket, heard("affirm", "yes", final=False))
        await send(socket, heard("deny", "yes well no", final=True))
        assert isinstance(await read(socket), Hide)
        said = await read(socket)
        assert isinstance(said, Say) and "left it as it is" in said.text
    with closing(sqlite3.connect(shop.database)) as connection:
        assert connection.execute("SELECT count(*) FROM returns WHERE number = 5004").fetchone() == (0,)


async def test_broken_connection_is_taken_up_where_it_was(shop: ReplySettings) -> None:
    """An agent that comes back finds its conversation: the question that was open is put again."""
    async with engine_of(shop) as url:
        async with connect(url) as socket:
            assert await read(socket) == EngineHello(engine=ENGINE_NAME)
            await send(socket, AgentHello(), CallStarted(call_id="c1"), ask("order_status"))
            await read(socket)
            assert isinstance(asked := await read(socket), Say) and "order number" in asked.text
        async with connect(url) as socket:
            await read(socket)
            await send(socket, AgentHello(), CallStarted(call_id="c1", resumed=True))
            assert isinstance(back := await read(socket), Say) and back.text.startswith("I'm back")
            assert isinstance(again := await read(socket), Say) and "order number" in again.text


async def test_conversations_do_not_mix(shop: ReplySettings) -> None:
    """What one caller said about an order is unknown in another's call."""
    async with engine_of(shop) as url, connect(url) as first, connect(url) as second:
        for number, socket in enumerate((first, second)):
            await read(socket)
            await send(socket, AgentHello(), CallStarted(call_id=f"c{number}", customer="dana"))
            await read(socket)
        await send(first, ask("order_status", order_id="A1017"))
        assert isinstance(await read(first), Show)
        await send(second, ask("order_status"))
        assert isinstance(await read(second), Show)
        assert isinstance(asked := await read(second), Say) and "order number" in asked.text


async def test_garbage_is_passed_over(shop: ReplySettings) -> None:
    """Broken, unknown, too long and premature messages are ignored, and the conversation goes on."""
    async with engine_of(shop) as url, connect(url) as socket:
        await read(socket)
        for frame in ("}{", b"\xff", '{"type":"juggle"}', '{"type":"chat","text":"' + "x" * 1_000_000 + '"}'):
            await socket.send(frame)
        await send(socket, ask("help"), AgentHello(), CallStarted(call_id="c1"), CallStarted(call_id="c1"))
        assert isinstance(greeting := await read(socket), Say) and greeting.text.startswith("Hello")
        await send(socket, ask("help"))
        assert isinstance(said := await read(socket), Say) and "look up" not in said.text


async def test_agent_of_another_version_is_turned_away(shop: ReplySettings) -> None:
    """The connection is closed with a reason instead of being misunderstood."""
    async with engine_of(shop) as url, connect(url) as socket:
        await read(socket)
        await send(socket, AgentHello(protocol=2))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1002


async def test_locked_shop_is_admitted_and_a_person_offered(shop: ReplySettings) -> None:
    """While another process holds the database the answer is an honest sentence; afterwards all is well."""
    async with engine_of(shop) as url:
        client = ReplyClient(url, CallStarted(call_id="c1", customer="dana"), timing=LinkTiming(pong_within_s=60))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.run())
            await client.incoming.get()
            with closing(sqlite3.connect(shop.database)) as lock:
                lock.execute("BEGIN EXCLUSIVE")
                client.send(ask("order_status", order_id="A1017"))
                said = await client.incoming.get()
                lock.rollback()
            assert isinstance(said, Say) and "can't reach our order system" in said.text
            client.send(ask("order_status", order_id="A1017"))
            assert isinstance(await client.incoming.get(), Show)
            client.finish("customer_left")


async def test_port_that_is_taken_is_said(shop: ReplySettings) -> None:
    """Starting twice on one port names the address."""
    async with engine_of(shop) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(EngineUnavailable, match=str(port)):
            await serve_engine("127.0.0.1", port, shop)


@pytest.mark.parametrize("domain", ["bakery", "no.such.package", "agent.core"])
async def test_domain_that_does_not_exist_is_said(domain: str, shop: ReplySettings) -> None:
    """A pack that is missing, or that is none, is a `SettingsError` at the start."""
    with pytest.raises(SettingsError, match=domain):
        await serve_engine("127.0.0.1", 0, shop.model_copy(update={"domain": domain}))


async def test_database_that_is_none_is_said(shop: ReplySettings) -> None:
    """A file of something else is a `StoreError` at the start, and is left as it was."""
    shop.database.write_text("dear diary, " * 200)
    with pytest.raises(StoreError, match=r"reply\.database"):
        await serve_engine("127.0.0.1", 0, shop)
    assert shop.database.read_text().startswith("dear diary")


async def test_while_a_person_has_the_call_the_engine_suggests_and_does_nothing(shop: ReplySettings) -> None:
    """What it would say comes as a suggestion, looked up in the business but without a card; a return that the customer
    agrees to is opened by nobody, and what was learnt is known when the call is handed back."""
    async with engine_of(shop) as url, talking_to(url) as socket:
        await send(socket, TakenOver(), ask("return_item", order_id="A1017"))
        suggested = await read(socket)
        assert isinstance(suggested, Suggest) and suggested.text.startswith("Shall I open a return for the")
        assert any(reason.kind == "tool" for reason in suggested.because)
        await send(socket, ask("affirm", "yes"), StaffWrote(text="I will see to it."), ask("thanks"))
        thanked = await read(socket)
        assert isinstance(thanked, Suggest) and thanked.text.startswith("You're welcome")
        await send(socket, Resumed())
        assert isinstance(await read(socket), Say)
        await send(socket, ask("order_status"))
        assert isinstance(await read(socket), Show)
        known = await read(socket)
        assert isinstance(known, Say) and "order number" not in known.text
    with closing(sqlite3.connect(shop.database)) as connection:
        assert connection.execute("SELECT count(*) FROM returns WHERE number = 5004").fetchone() == (0,)
