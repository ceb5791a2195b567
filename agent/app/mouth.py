"""The agent's mouth in one call: replies in order, clause by clause, held or silenced at once when spoken over."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from agent.app.page_voice import PageVoice
from agent.core.clock import NS_PER_S
from agent.core.errors import SynthesisError
from agent.core.mailbox import Mailbox
from agent.core.sentences import tell
from agent.dialogue.protocol import Because, Say, SayDelta, SayEnd, SayStyle
from agent.dialogue.sieve import STREAM_IDLE_S
from agent.fusion.floor import AgentSpeech
from agent.media.speaker import Speaker
from agent.synthesis.clauses import clauses
from agent.synthesis.speech import Synthesizer
from agent.synthesis.voice import Style

WAITING_REPLIES = 8
"""Replies that may wait to be spoken; beyond that the oldest is not worth hearing any more."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(slots=True)
class Reply:
    """One reply on its way to the customer's ear; a streamed one grows while it is spoken."""

    id: str
    style: SayStyle
    interruptible: bool
    text: str = ""
    """All of it that is known so far."""
    language: str = "en"
    complete: bool = False
    because: tuple[Because, ...] = ()
    turn: int | None = None
    """The customer's turn that it answers, where the engine names one."""
    abandoned: bool = False
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it may be heard; before, no more than its first clause is made ready."""
    spoken_to: int = 0
    """Characters of `text` that were handed to the voice."""
    speaking: asyncio.Task[None] | None = None
    """What speaks it, from the moment that it is made ready or its turn comes."""

    def next_part(self) -> str | None:
        """The next whole sentences, or whatever is left once the reply is complete; None while none is whole."""
        rest = self.text[self.spoken_to :]
        if not self.complete:
            whole = [match.end() for match in _SENTENCE.finditer(rest)]
            rest = rest[: whole[-1]] if whole else ""
        self.spoken_to += len(rest)
        return rest.strip() or None

    def begun(self, characters: int) -> str:
        """The sentences of which something lies in the first `characters`."""
        if not characters:
            return ""
        end = _SENTENCE.search(self.text, characters)
        return self.text[: end.start()] if end else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A reply that the customer did not hear to its end."""

    say_id: str
    heard_text: str
    unheard: tuple[str, ...] = ()
    """Ids of replies that waited behind it and will not be spoken."""


ReplyListener = Callable[[Reply], None]
FaultListener = Callable[[str | None], None]


class Mouth:
    """Speaks one reply after the other. Owned by the event loop.

    `on_text` is called whenever the text of a reply begins or grows, `on_fault` after each reply with why it was not
    spoken as it should be, or None. A reply in a language without a voice is left to the customer's browser, if it has
    a `page_voice`; its caption is shown in any case.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        speaker: Speaker,
        *,
        on_text: ReplyListener,
        on_fault: FaultListener = lambda fault: None,
        page_voice: PageVoice | None = None,
    ) -> None:
        self._synthesizer = synthesizer
        self._speaker = speaker
        self._on_text = on_text
        self._on_fault = on_fault
        self._page_voice = page_voice
        self._waiting: Mailbox[Reply] = Mailbox(WAITING_REPLIES)
        self._streams: dict[str, Reply] = {}
        self._current: Reply | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._ready: Reply | None = None
        """A reply that may be wanted soon, being made ready."""
        self.on_first_speech: Callable[[float], None] = lambda seconds: None
        """Told how many seconds the synthesizer took until the first speech of each part of a reply was there."""
        self.silenced = False
        """True while a person has the call: captions go on, the voice does not."""

    @property
    def speech(self) -> AgentSpeech:
        """What is being said, as far as somebody who speaks over it is concerned."""
        reply = self._current
        said = self._said() if reply is not None else ""
        return AgentSpeech(
            talking=self.busy and (reply is None or reply.interruptible),
            asking=reply is not None and "?" in reply.begun(len(said)),
            said=said,
        )

    def _said(self) -> str:
        if self._page_voice is not None and self._page_voice.said:
            return self._page_voice.said
        return self._speaker.said if self._speaker.speaking else ""

    @property
    def busy(self) -> bool:
        """Whether a reply is being spoken or waits to be."""
        return self._current is not None or len(self._waiting) > 0

    def take(self, message: Say | SayDelta | SayEnd) -> None:
        """A reply, or a piece of one, from the engine; never waits."""
        match message:
            case Say():
                reply = self._made_ready(message) or _whole(message)
                self._waiting.put(reply)
                self._on_text(reply)
            case SayDelta():
                stream = self._streams.get(message.id)
                if stream is None:
                    stream = Reply(
                        message.id,
                        message.style,
                        message.interruptible,
                        language=message.language,
                        turn=message.in_reply_to,
                    )
                    self._streams[message.id] = stream
                    self._waiting.put(stream)
                self._grow(stream, message.text)
            case SayEnd():
                stream = self._streams.pop(message.id, None)
                if stream is not None:
                    stream.complete, stream.because = True, message.because
                    self._grow(stream, "")

    def make_ready(self, message: Say) -> None:
        """Has a reply synthesized that may be wanted soon; the one before it is forgotten. Never waits."""
        self._forget_ready()
        if self._tasks is not None and not self.silenced:
            self._ready = reply = _whole(message)
            reply.speaking = self._tasks.create_task(self._speak(reply), name=f"make ready {reply.id}")

    def _made_ready(self, message: Say) -> Reply | None:
        """The reply that was made ready as this one, from now on like any other that waits; a different one is
        forgotten.
        """
        ready = self._ready
        if ready is not None and (ready.id, ready.text) == (message.id, message.text):
            self._ready = None
            return ready
        self._forget_ready()
        return None

    def _forget_ready(self) -> None:
        if self._ready is not None and self._ready.speaking is not None:
            self._ready.speaking.cancel()
        self._ready = None

    def hold(self) -> None:
        """Falls silent and keeps what is left to say."""
        self._speaker.pause()
        if self._page_voice is not None:
            self._page_voice.pause()

    def go_on(self) -> None:
        """Says what `hold` kept."""
        self._speaker.resume()
        if self._page_voice is not None:
            self._page_voice.resume()

    def interrupt(self, *, force: bool = False) -> CutOff | None:
        """Falls silent and forgets what waits. Returns what was cut off, or None if nothing was being said.

        A reply that must not be interrupted goes on unless `force`.
        """
        reply = self._current
        if reply is not None and not reply.interruptible and not force:
            return None
        dropped = self._waiting.clear()
        for waiting in dropped:
            waiting.abandoned = True
            if waiting.speaking is not None:
                waiting.speaking.cancel()
        self._streams.clear()
        if reply is None or reply.speaking is None:
            self.go_on()
            return None
        reply.abandoned = True
        heard = self._speaker.stop_speaking().text
        if self._page_voice is not None:
            heard = self._page_voice.cancel() or heard
        reply.speaking.cancel()
        return CutOff(say_id=reply.id, heard_text=heard, unheard=tuple(waiting.id for waiting in dropped))

    async def run(self) -> None:
        """Speaks until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            async for reply in self._waiting:
                self._current = reply
                reply.wanted.set()
                if reply.speaking is None:
                    reply.speaking = tasks.create_task(self._speak(reply), name=f"speak {reply.id}")
                await asyncio.wait([reply.speaking])
                if self._page_voice is not None:
                    self._page_voice.finish()
                self._current = None

    def _grow(self, reply: Reply, text: str) -> None:
        reply.text += text
        reply.grown.set()
        if not reply.abandoned:
            self._on_text(reply)

    async def _speak(self, reply: Reply) -> None:
        by_page = not self._synthesizer.speaks(reply.language)
        try:
            while True:
                part = reply.next_part()
                if part is not None and not self.silenced:
                    await (self._have_page_speak(reply, part) if by_page else self._voice(reply, part))
                elif reply.complete:
                    break
                else:
                    reply.grown.clear()
                    await self._growth(reply)
            await reply.wanted.wait()
            await self._speaker.idle.wait()
            self._on_fault(None if by_page else self._synthesizer.fault)
        except SynthesisError as error:
            # As it was told, for `str` would forget its code.
            self._on_fault(error.args[0])

    async def _growth(self, reply: Reply) -> None:
        """Waits for more of a stream; one whose engine has fallen silent is over, so that others can be heard."""
        try:
            async with asyncio.timeout(STREAM_IDLE_S):
                await reply.grown.wait()
        except TimeoutError:
            self._streams.pop(reply.id, None)
            reply.complete = True
            self._grow(reply, "")

    async def _voice(self, reply: Reply, part: str) -> None:
        style = Style.of(rate=reply.style.rate, tone=reply.style.tone)
        asked_ns, awaited = time.monotonic_ns(), True
        async with aclosing(self._synthesizer.speak(part, style)) as chunks:
            async for chunk in chunks:
                if awaited:
                    awaited = False
                    self.on_first_speech((time.monotonic_ns() - asked_ns) / NS_PER_S)
                await reply.wanted.wait()
                await self._speaker.play(chunk)

    async def _have_page_speak(self, reply: Reply, part: str) -> None:
        if self._page_voice is None:
            raise SynthesisError(tell("no_voice", language=reply.language))
        for clause in clauses(part):
            await reply.wanted.wait()
            await self._page_voice.say(clause.strip(), language=reply.language, rate=reply.style.rate)


def _whole(message: Say) -> Reply:
    return Reply(
        message.id,
        message.style,
        message.interruptible,
        message.text,
        message.language,
        True,
        message.because,
        message.in_reply_to,
    )
