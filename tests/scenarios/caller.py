"""A customer of a reply engine on a real socket: says and does things, and takes what comes of each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from websockets.asyncio.client import ClientConnection, connect

from agent.core.cards import Card, CardAction
from agent.core.clock import NS_PER_S, FakeClock
from agent.core.local_clock import LocalClock
from agent.core.settings import REPOSITORY
from agent.dialogue.codec import decode_from_engine, encode
from agent.dialogue.domain import load_domain
from agent.dialogue.domains.bank.tools import BankTools
from agent.dialogue.domains.clinic.tools import ClinicTools
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.engine import Engine
from agent.dialogue.faq_search import FaqSearch
from agent.dialogue.help_pages import HelpPages, open_searches
from agent.dialogue.protocol import (
    AgentHello,
    BargeIn,
    CallStarted,
    Chat,
    Coach,
    EngineHello,
    FromEngine,
    Hide,
    Intent,
    Note,
    Resumed,
    Say,
    Show,
    SignalSeen,
    TakenOver,
    ToEngine,
    Utterance,
)
from agent.dialogue.tools import Tools
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.language import language_of
from agent.perception.readers import Readers
from agent.perception.text import SentenceEmbedder
from tests.dialogue.wire import affect_signal, gesture_signal

TODAY = date(2026, 11, 18)
"""A Wednesday, on which all scenarios play."""
PLACE = ZoneInfo("America/New_York")
NINE_NS = int(datetime.combine(TODAY, time(9), tzinfo=PLACE).timestamp()) * NS_PER_S
"""Nine in the morning there."""
AFFECT_EVERY_MS = 500
TURN_MS = 3_000
TOOLS: dict[str, Callable[[Path], Tools]] = {
    "bank": lambda database: BankTools(database, today=lambda: TODAY),
    "clinic": lambda database: ClinicTools(database, LocalClock(FakeClock(unix_ns=NINE_NS), PLACE)),
    "shop": lambda database: ShopTools(database, today=lambda: TODAY),
}


@dataclass(slots=True)
class Caller:
    """One call. Time stands still but for what a turn takes."""

    socket: ClientConnection
    readers: Readers
    clock: FakeClock
    database: Path
    language: str = "en"
    """Of what was said or typed last."""
    last_say: str = ""
    seq: int = 0
    taken_over: bool = False
    """True while a person speaks in the engine's place."""
    cards: dict[str, Card] = field(default_factory=dict)
    """That lie there, in the order in which they came."""

    async def act(self, turn: dict[str, Any]) -> list[FromEngine]:
        """Does what the turn says; everything that the engine sends because of it."""
        self.clock.advance(ms=TURN_MS)
        self.seq += 1
        match turn:
            case {"says": words}:
                intent = self._intent(words, turn.get("intent"))
                return await self._exchange(Utterance(id=self.seq, text=words, language=self.language, intent=intent))
            case {"types": words}:
                intent = self._intent(words)
                return await self._exchange(Chat(text=words, language=self.language, intent=intent))
            case {"sign": name}:
                return await self._exchange(SignalSeen(signal=gesture_signal(name, seq=self.seq)))
            case {"taps": label}:
                actions = [action for card in self.cards.values() for action in _actions(card)]
                return await self.act({"types": next(one.say for one in reversed(actions) if one.label == label)})
            case {"fills": filled}:
                form = next(card.form for card in reversed(self.cards.values()) if card.form is not None)
                assert filled.keys() == {field.name for field in form.fields}
                return await self.act({"types": form.say.format_map(filled)})
            case {"cut_off_after": heard}:
                return await self._exchange(BargeIn(say=self.last_say, heard_text=heard))
            case {"affect": [label, seconds]}:
                return await self._feel(label, seconds)
            case {"event": "taken_over"}:
                self.taken_over = True
                return await self._exchange(TakenOver())
            case {"event": "resumed"}:
                self.taken_over = False
                return await self._exchange(Resumed())
            case {"whispers": words}:
                return await self._exchange(Coach(text=words))
            case _:
                raise ValueError(f"nothing happens in {turn}")

    async def act_while_locked(self, turn: dict[str, Any]) -> list[FromEngine]:
        """As `act`, while another process holds the database."""
        with closing(sqlite3.connect(self.database)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            replies = await self.act(turn)
            lock.rollback()
        return replies

    def holds(self, query: str) -> Any:
        """The single value of a query."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchone()[0]

    async def _feel(self, label: str, seconds: float) -> list[FromEngine]:
        replies: list[FromEngine] = []
        for _ in range(round(seconds * 1000 / AFFECT_EVERY_MS)):
            self.clock.advance(ms=AFFECT_EVERY_MS)
            self.seq += 1
            valence = None if label == "invalid" else -0.5
            signal = affect_signal(valence=valence, label="anger" if valence is None else label, seq=self.seq)
            replies += await self._exchange(SignalSeen(signal=signal))
        return replies

    def _intent(self, words: str, written: tuple[str, float] | None = None) -> Intent:
        """As the pack's model reads the words, or as it is `written` that some model does."""
        self.language = language_of(words) or self.language
        if written is not None:
            label, probability = written
            return Intent(label=label, probability=probability, seq=self.seq)
        read = self.readers.intent(words, self.language)
        return Intent(
            label=read.label,
            probability=read.probability,
            out_of_scope=read.out_of_scope,
            slots=read.slots,
            seq=self.seq,
        )

    async def _exchange(self, message: ToEngine) -> list[FromEngine]:
        """Sends it, and after it a whisper that is always answered with a note: what comes before the note is all.
        An engine that must be silent answers no whisper either; what it says all the same comes with the next turn."""
        await self.socket.send(encode(message))
        if self.taken_over:
            return []
        await self.socket.send(encode(Coach(text="that was all")))
        replies: list[FromEngine] = []
        while not isinstance(reply := await self._read(), Note):
            replies.append(reply)
            match reply:
                case Show(card=card):
                    self.cards[card.id] = card
                case Hide(card=card_id):
                    self.cards.pop(card_id, None)
            if isinstance(reply, Say):
                self.last_say = reply.id
        return replies

    async def _read(self) -> FromEngine:
        message = decode_from_engine(await self.socket.recv())
        assert isinstance(message, FromEngine)
        return message


def _actions(card: Card) -> Iterator[CardAction]:
    """Every button of a card."""
    yield from (action for item in card.items for action in item.actions)
    yield from (action for group in card.groups for action in group.actions)
    yield from card.actions


@asynccontextmanager
async def _served(engine: Engine) -> AsyncIterator[str]:
    """The engine's address for as long as the context is open."""
    async with asyncio.timeout(15), asyncio.TaskGroup() as tasks:
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = tasks.create_task(engine.serve("127.0.0.1", 0, port.set_result))
        yield f"ws://127.0.0.1:{await port}"
        serving.cancel()


@lru_cache(maxsize=4)
def _searches_of(pack: str) -> Mapping[str, FaqSearch]:
    """The pack's help pages by language, embedded once for all its scenarios."""
    runtime = Runtime(Registry.load(REPOSITORY / "models_onnx"), "cpu")
    languages = sorted(load_domain(pack).help_languages)
    searches = open_searches(pack, languages, lambda language: SentenceEmbedder(runtime, language=language).embed)
    for search in searches.values():
        search.prepare()
    return searches


@asynccontextmanager
async def calling(
    pack: str, customer: str, database: Path, readers: Readers, *, locale: str = "en"
) -> AsyncIterator[Caller]:
    """A call from a page in `locale` to an engine of its own for `pack`, which has greeted."""
    clock = FakeClock()
    with ThreadPoolExecutor(1) as thread, closing(TOOLS[pack](database)) as tools:
        engine = Engine(load_domain(pack), HelpPages(tools, pack, _searches_of(pack)), thread, clock=clock)
        async with _served(engine) as url, connect(url) as socket:
            caller = Caller(socket, readers, clock, database, language=locale.partition("-")[0])
            assert isinstance(await caller._read(), EngineHello)
            await socket.send(encode(AgentHello(agent="a scenario")))
            await socket.send(encode(CallStarted(call_id="c1", customer=customer, locale=locale)))
            greeting = await caller._read()
            assert isinstance(greeting, Say)
            caller.last_say = greeting.id
            yield caller
