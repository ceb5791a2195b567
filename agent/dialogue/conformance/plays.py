"""The calls that are played: each does what an agent may do, and raises `Broken` where the engine owes it better."""

import asyncio
from collections.abc import Awaitable, Callable

from websockets.exceptions import ConnectionClosed

from agent.core.signals import EMOTION_KINDS
from agent.dialogue.conformance.line import Arrival, Line
from agent.dialogue.conformance.stage import A_PERSON, Stage, affect, some_signals
from agent.dialogue.conformance.verdict import Broken, Unseen
from agent.dialogue.protocol import (
    MAX_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    SUBPROTOCOL,
    BargeIn,
    CallEnded,
    Coach,
    ConsentChanged,
    Handoff,
    Resumed,
    Say,
    SayDelta,
    Show,
    TakenOver,
    Translated,
    Translation,
    Utterance,
)

MOOD_EVERY_S = 0.4

Play = Callable[[Stage], Awaitable[str]]
"""Tries a rule; what was seen, in words. Raises `Broken` or `Unseen`."""


async def hello(stage: Stage) -> str:
    async with stage.call() as line:
        if line.socket.subprotocol not in (None, SUBPROTOCOL):
            raise Broken(f"chose the subprotocol {line.socket.subprotocol}, which was not offered")
        await line.introduce()
        hello = await line.hello()
        if hello.protocol != PROTOCOL_VERSION:
            raise Broken(f"speaks protocol {hello.protocol}, not {PROTOCOL_VERSION}")
        return f"calls itself {hello.engine}"


async def hello_unasked(stage: Stage) -> str:
    async with stage.call() as line:
        await line.hello()
        return ""


async def words(stage: Stage) -> str:
    async with stage.begun() as line:
        took_s = [await stage.ask(line) for _ in range(4)]
    return f"four of four, the slowest after {1_000 * max(took_s):.0f} ms"


async def typed(stage: Stage) -> str:
    async with stage.begun() as line:
        _, took_s = await line.answer(stage.chat(line))
    return f"after {1_000 * took_s:.0f} ms"


async def partial(stage: Stage) -> str:
    async with stage.begun() as line:
        final = stage.utterance(line)
        mark, words = len(line.arrivals), final.text.split()
        for spoken in range(1, len(words)):
            part = " ".join(words[:spoken])
            await line.send(Utterance(id=final.id, text=part, final=False, turn=final.turn))
        await line.stays_silent(mark, "before the customer had finished: partial words are not to be answered")
        await line.answer(final)
        return ""


async def likely(stage: Stage) -> str:
    async with stage.begun() as line:
        first = stage.utterance(line)
        guess = await _guess(stage, line, first)
        mark = len(line.arrivals)
        longer = Utterance(id=first.id, text=f"{first.text} No, wait.", turn=first.turn)
        await line.answer(longer)
        said = {
            one.message.id for one in line.arrivals[mark:] if isinstance(one.message, Say) and not one.message.guess
        }
        if guess is not None and guess in said:
            raise Broken(f"said its guess {guess} though the customer went on: it answers words that were not all")
        second = stage.utterance(line)
        guess = await _guess(stage, line, second)
        await line.answer(second)
    if guess is None:
        return "answers only final words"
    return "guesses ahead"


async def _guess(stage: Stage, line: Line, final: Utterance) -> str | None:
    """Sends words that may be all; the id of the guess that the engine makes, if it makes one."""
    mark = len(line.arrivals)
    likely = Utterance(
        id=final.id, text=final.text, final=False, likely_final=True, intent=final.intent, turn=final.turn
    )
    await line.send(likely)
    await line.stays_silent(mark, "to words that may not be all, without `guess`")
    guesses = [one.message.id for one in line.arrivals[mark:] if isinstance(one.message, Say)]
    return guesses[0] if guesses else None


async def barge_in(stage: Stage) -> str:
    async with stage.begun() as line:
        answer, _ = await line.answer(stage.utterance(line))
        message = answer.message
        if not isinstance(message, Say | SayDelta):
            raise Unseen("it answered with a hand-off alone, over which nobody can speak")
        await line.send(BargeIn(say=message.id, heard_text=message.text[: len(message.text) // 2]))
        await line.settled()
        await stage.ask(line)
        return ""


def bears(provoke: Callable[[Line], Awaitable[None]]) -> Play:
    """That an engine answers on after something that wants no answer."""

    async def play(stage: Stage) -> str:
        async with stage.begun() as line:
            await provoke(line)
            await line.settled()
            await stage.ask(line)
        return ""

    return play


async def signals(line: Line) -> None:
    await line.send(*some_signals(line))


async def whisper(line: Line) -> None:
    await line.send(Coach(text="Offer them a discount of five percent."))


async def later_version(line: Line) -> None:
    await line.send_raw('{"type":"weather","sky":"blue"}')
    await line.send_raw('{"type":"signal","signal":{"kind":"aura","call_id":"c","seq":0,"value":{}}}')
    await line.send_raw('{"type":"utterance","id":1,"turn":1,"final":false,"text":"good","mood_ring":"green"}')


async def garbage(line: Line) -> None:
    await line.send_raw("}{ not JSON")
    await line.send_raw('{"type":"utterance"}')
    await line.send_raw("[]")
    await line.send_raw(b"\x00\xff\x00")
    await line.send_raw('{"type":"chat","text":"' + "x" * (MAX_MESSAGE_BYTES + 1) + '"}')


async def translated(stage: Stage) -> str:
    async with stage.begun() as line:
        words = Utterance(
            id=1,
            text="Wo ist meine Bestellung?",
            language="de",
            turn=line.turn + 1,
            translation=Translation(language="en", text="Where is my order?"),
        )
        await line.answer(words)
        await line.send(Translated(turn=line.turn, translation=Translation(language="en", text="Where is my order?")))
        await stage.ask(line)
        return ""


async def withdrawn(stage: Stage) -> str:
    async with stage.begun() as line:
        for _ in range(round(stage.patience.mood_s / MOOD_EVERY_S)):
            await line.send(affect(line, "anger"))
            await asyncio.sleep(MOOD_EVERY_S)
        await stage.ask(line)
        await line.send(ConsentChanged(purposes=("speech",)))
        mark = len(line.arrivals)
        await stage.ask(line)
        await stage.ask(line)
    for arrival in line.arrivals[mark:]:
        if isinstance(arrival.message, Say):
            kept = sorted({reason.kind for reason in arrival.message.because} & EMOTION_KINDS)
            if kept:
                raise Broken(f"still answers because of {', '.join(kept)} after the customer had withdrawn that")
    return ""


async def taken_over(stage: Stage) -> str:
    async with stage.begun() as line:
        await line.send(TakenOver())
        await line.settled()
        mark = len(line.arrivals)
        await line.send(stage.utterance(line))
        await line.stays_silent(mark, "while a person had the call")
        await line.send(Resumed())
        await line.settled()
        await stage.ask(line)
        return ""


async def resumed(stage: Stage) -> str:
    async with stage.call() as line:
        greeting = _spoken(await line.introduce())
        await stage.ask(line)
        line.socket.transport.abort()
    async with stage.call(call_id=line.call.call_id, resumed=True) as again:
        repeated = greeting & _spoken(await again.introduce())
        if repeated:
            raise Broken("greeted a customer whose call it had taken before, though `resumed` was true")
        again.turn = line.turn
        await stage.ask(again)
        return ""


def _spoken(arrivals: list[Arrival]) -> set[str]:
    return {one.message.text for one in arrivals if isinstance(one.message, Say)}


async def two_calls(stage: Stage) -> str:
    async with stage.begun() as one, stage.begun() as other:
        await asyncio.gather(stage.ask(one, "My name is Quillfeather."), stage.ask(other, "My name is Butterworth."))
    for line, name in ((one, "Butterworth"), (other, "Quillfeather")):
        if any(name in text for text in _spoken(line.arrivals)):
            raise Broken("said in one call what was said in another")
    return ""


async def pong(stage: Stage) -> str:
    async with stage.begun() as line:
        try:
            async with asyncio.timeout(stage.patience.hello_s):
                await (await line.socket.ping())
        except TimeoutError:
            raise Broken(f"answered no ping within {stage.patience.hello_s:g} s: an agent gives it up") from None
        except ConnectionClosed:
            raise Broken(line.why_closed()) from None
        return ""


async def card(stage: Stage) -> str:
    shown = [one.message.card for line in stage.calls for one in line.arrivals if isinstance(one.message, Show)]
    if not shown:
        raise Unseen("it showed no card; say things that lead to one with --say")
    button = next((action for card in shown for action in card.actions), None)
    if button is None:
        return f"{len(shown)} shown, none with a button"
    async with stage.begun() as line:
        await line.answer(stage.chat(line, button.say))
    return f"{len(shown)} shown; the button “{button.label}” was answered"


async def handoff(stage: Stage) -> str:
    async with stage.begun() as line:
        mark = len(line.arrivals)
        await line.answer(stage.utterance(line, A_PERSON))
        if not any(isinstance(one.message, Handoff) for one in line.arrivals[mark:]):
            raise Unseen("it called nobody for a customer who asked for a person")
        return ""


async def ended(stage: Stage) -> str:
    async with stage.begun() as line:
        await stage.ask(line)
        mark = len(line.arrivals)
        await line.send(CallEnded(reason="customer_left"))
        await line.stays_silent(mark, "after the call had ended")
    async with stage.begun() as line:
        await stage.ask(line)
        return "and takes the next call"
