"""The customer of the voice benchmark, in a process of its own, with a camera: speaks, interrupts, hesitates, coughs.

Run as `python -m benchmarks.voice_caller URL SCENE TURNS [MANIFEST]`; prints what was observed as one line of JSON.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import msgspec

from agent.app.customer import Customer, open_call
from agent.core.clock import NS_PER_MS
from agent.core.consent import Choice
from agent.core.errors import MediaError
from agent.transport.messages import Chat
from benchmarks.caller import PreparedFace
from benchmarks.room import Loudspeaker, RoomMicrophone
from benchmarks.voice_sounds import BACKCHANNELS, OWN_LINES, Line, OwnVoice, disturbances, recorded_lines, with_pause

CAMERA_FPS = 15
SEED = 7
LONG_REPLY = "What can you do?"
"""Typed; its answer takes some nine seconds to speak."""
QUIET_MS = 700
"""Nobody has spoken for this long before a turn begins."""
FELL_SILENT_MS = 450
"""Longer than any pause inside the agent's speech."""
ANSWERED_WITHIN_S = 8.0
SILENT_WITHIN_S = 3.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.3, 1.2
ECHOES = ((-20.0, 60), (-15.0, 120), (-10.0, 200), (-12.0, 40))
"""Loudness in dB and delay in ms."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """One turn; times in milliseconds, None for what did not happen."""

    scene: str
    what: str
    end_to_final_ms: float | None = None
    end_to_text_ms: float | None = None
    end_to_audio_ms: float | None = None
    interrupt_ms: float | None = None
    """From the first voiced sample until the agent fell silent."""
    pause_s: float | None = None
    finals: int = 0
    """Final transcripts of the turn; one that took up an earlier one counts with it."""
    spoke_too_early: bool = False
    """Whether the agent was audible before the customer had finished."""
    reply_lost: bool = False
    """Whether the agent gave up what it was saying, or answered what was no turn."""
    held_ms: float = 0.0
    """How long the agent held its breath for it."""


class Bench:
    """One call of the customer. Owned by the event loop."""

    def __init__(self, customer: Customer, microphone: RoomMicrophone, loudspeaker: Loudspeaker) -> None:
        self.customer = customer
        self.microphone = microphone
        self.loudspeaker = loudspeaker

    async def say(self, line: Line) -> tuple[int, int]:
        """Speaks; gives the monotonic times at which the first and the last sample were sent."""
        end_ns = await self.customer.caller.say(line.chunk)
        begin_ns = self.microphone.first_sample_ns
        if begin_ns is None:
            raise MediaError(f"the call ended before {line.name!r} was said: {self.customer.seen.states[-1:]}")
        return begin_ns, end_ns

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Looks every 10 ms; False when it did not come about in time."""
        deadline_s = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline_s:
                return False
            await asyncio.sleep(0.01)
        return True

    async def quiet(self) -> None:
        """Waits until the agent has said what it had to say."""
        seen = self.customer.seen
        await self.until(
            lambda: self.loudspeaker.silent_for_ms() > QUIET_MS and not (seen.speaking and seen.speaking[-1][1]), 25
        )

    async def make_it_talk(self) -> int:
        """Has the agent give a long reply; returns when it became audible."""
        await self.quiet()
        asked_ns = time.monotonic_ns()
        channel = self.customer.caller.channel
        assert channel is not None
        channel.send(msgspec.json.encode(Chat(text=LONG_REPLY)).decode())
        await self.until(lambda: self.loudspeaker.first_after(asked_ns) is not None, ANSWERED_WITHIN_S)
        return self.loudspeaker.first_after(asked_ns) or asked_ns

    async def agent_silent(self, since_ns: int) -> int | None:
        """Waits until the agent has given way; returns when it was last audible."""
        speaker = self.loudspeaker
        await self.until(lambda: speaker.falls_silent(since_ns, for_ms=FELL_SILENT_MS) is not None, SILENT_WITHIN_S)
        return speaker.falls_silent(since_ns, for_ms=FELL_SILENT_MS)

    def captions(self, speaker: str, since_ns: int) -> list[tuple[int, str, str]]:
        """Time, id and text of the final captions of one side."""
        return [
            (at_ns, caption.id, caption.text)
            for at_ns, caption in self.customer.seen.captions
            if at_ns > since_ns and caption.speaker == speaker and caption.final
        ]

    async def answered(self, scene: str, line: Line, begin_ns: int, end_ns: int) -> Observed:
        """Waits for the answer to what was just said."""
        speaker = self.loudspeaker
        spoke_ns = speaker.first_after(begin_ns)
        await self.until(
            lambda: speaker.first_after(end_ns) is not None and bool(self.captions("customer", end_ns)),
            ANSWERED_WITHIN_S,
        )
        finals = self.captions("customer", begin_ns)
        final_ns = finals[-1][0] if finals else None
        replies = self.captions("agent", final_ns - NS_PER_MS * 20) if final_ns else []
        return Observed(
            scene=scene,
            what=line.name,
            end_to_final_ms=_ms(end_ns, final_ns),
            end_to_text_ms=_ms(end_ns, replies[0][0] if replies else None),
            end_to_audio_ms=_ms(end_ns, speaker.first_after(end_ns)),
            finals=len({said for _, said, _ in finals}),
            spoke_too_early=scene != "interruption" and spoke_ns is not None and spoke_ns < end_ns,
        )


async def answers(bench: Bench, lines: list[Line], turns: int) -> list[Observed]:
    """Says a line, waits for the answer, and again."""
    observed = []
    for number in range(turns):
        line = lines[number % len(lines)]
        await bench.quiet()
        begin_ns, end_ns = await bench.say(line)
        observed.append(await bench.answered("answer", line, begin_ns, end_ns))
    return observed


async def interruptions(bench: Bench, lines: list[Line], turns: int) -> list[Observed]:
    """Speaks over the agent, from one to two seconds into its reply."""
    pick = random.Random(SEED)
    observed = []
    for number in range(turns):
        line = lines[(number * 3 + 1) % len(lines)]
        await bench.make_it_talk()
        await asyncio.sleep(pick.uniform(1.0, 2.0))
        begin_ns, end_ns = await bench.say(line)
        silent_ns = await bench.agent_silent(begin_ns)
        after = await bench.answered("interruption", line, begin_ns, max(end_ns, silent_ns or 0))
        observed.append(msgspec.structs.replace(after, interrupt_ms=_ms(begin_ns, silent_ns)))
    return observed


async def pauses(bench: Bench, lines: list[Line], turns: int) -> list[Observed]:
    """Hesitates inside a line; the agent must neither speak then nor lose the first half."""
    observed = []
    for number in range(turns):
        pause_s = SHORTEST_PAUSE_S + (LONGEST_PAUSE_S - SHORTEST_PAUSE_S) * number / max(1, turns - 1)
        line, _ = with_pause(lines[number % len(lines)], pause_s)
        await bench.quiet()
        begin_ns, end_ns = await bench.say(line)
        after = await bench.answered("pause", line, begin_ns, end_ns)
        observed.append(msgspec.structs.replace(after, pause_s=pause_s))
    return observed


async def false_alarms(bench: Bench, sounds: list[Line], turns: int) -> list[Observed]:
    """Backchannels, coughs, noises and the agent's own echo while it speaks: it must say all it had to say."""
    kinds = _interleaved(sounds)
    observed = []
    for number in range(turns):
        kind = kinds[number % len(kinds)]
        began_ns = await bench.make_it_talk()
        replies = {said for _, said, _ in bench.captions("agent", 0)}
        await asyncio.sleep(1.2)
        disturbed_ns = time.monotonic_ns()
        if isinstance(kind, Line):
            what = kind.name
            await bench.say(kind)
        else:
            what = f"echo at {kind[0]:.0f} dB, {kind[1]} ms"
            bench.microphone.echo_db, bench.microphone.echo_delay_ms = kind
        await bench.quiet()
        bench.microphone.echo_db = None
        after = bench.captions("agent", disturbed_ns)
        lost = any(said not in replies or text.endswith("…") for _, said, text in after)
        gaps = bench.loudspeaker.gaps_ms(began_ns, time.monotonic_ns(), at_least_ms=FELL_SILENT_MS)
        observed.append(
            Observed(
                scene="false alarm",
                what=what,
                finals=len(bench.captions("customer", disturbed_ns)),
                reply_lost=lost,
                held_ms=sum(gaps),
            )
        )
    return observed


def _interleaved(sounds: list[Line]) -> list[Line | tuple[float, int]]:
    """Backchannels, noises and echoes by turns, so that a few turns hold some of each."""
    spoken = [sound for sound in sounds if sound.name in BACKCHANNELS]
    noises = [sound for sound in sounds if sound.name not in BACKCHANNELS]
    rounds = zip_longest(spoken, noises, ECHOES)
    return [kind for kinds in rounds for kind in kinds if kind is not None]


def _ms(since_ns: int, until_ns: int | None) -> float | None:
    return None if until_ns is None else round((until_ns - since_ns) / NS_PER_MS, 1)


async def _call(url: str, scene: str, turns: int, manifest: Path | None) -> list[Observed]:
    voice = OwnVoice()
    lines = recorded_lines(manifest) if manifest is not None else [voice.line(text) for text in OWN_LINES]
    customer = Customer(url, await open_call(url, Choice.AGREE), frames=PreparedFace(CAMERA_FPS), voice=True)
    microphone, loudspeaker = RoomMicrophone(SEED), Loudspeaker()
    customer.caller.voice = microphone

    def heard(played: object) -> None:
        loudspeaker.plays(played)  # type: ignore[arg-type]
        microphone.hears(played)  # type: ignore[arg-type]

    customer.caller.recording.on_sound = heard
    bench = Bench(customer, microphone, loudspeaker)
    async with customer.caller.call():
        await bench.until(lambda: bool(loudspeaker.audible_ns), ANSWERED_WITHIN_S)
        match scene:
            case "answers":
                return await answers(bench, lines, turns)
            case "interruptions":
                return await interruptions(bench, lines, turns)
            case "pauses":
                return await pauses(bench, lines, turns)
            case _:
                return await false_alarms(bench, list(disturbances(voice)), turns)


if __name__ == "__main__":
    found = asyncio.run(
        _call(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
    )
    print(msgspec.json.encode(found).decode(), flush=True)
