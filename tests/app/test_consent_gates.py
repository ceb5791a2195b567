"""Consent as a gate in real calls: models of what was not agreed to never run, and stop when it is taken back."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.customer import Customer, open_call
from agent.core.consent import EMOTION, Choice, Purpose
from agent.core.speech import SpeechChunk
from agent.media.clips import ArraySource
from tests.media_made import OwnVoice
from tests.perception.pictures import add_hand, with_face
from tests.serving import STAFF, RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(240)

MODELS = {
    Purpose.SPEECH: frozenset({"voice_activity", "speech_to_text"}),
    Purpose.GESTURE: frozenset({"palm_detection", "hand_landmark", "hand_landmark_int8", "gesture"}),
    Purpose.EXPRESSION: frozenset({"face_detection", "face_landmark", "expression"}),
    Purpose.VOICE_EMOTION: frozenset({"voice_emotion"}),
    Purpose.TEXT_EMOTION: frozenset({"text_emotion"}),
}
"""What each purpose is read with; which of two forms of a model is open depends on the machine."""
GOES_ON = {
    Purpose.SPEECH: frozenset({"palm_detection"}),
    Purpose.GESTURE: frozenset({"face_landmark"}),
    Purpose.EXPRESSION: frozenset({"palm_detection"}),
    Purpose.VOICE_EMOTION: frozenset({"speech_to_text"}),
    Purpose.TEXT_EMOTION: frozenset({"sentence_embedding"}),
}
"""What is read of the same picture, sound or line, or beside it, without the purpose."""
FEELING = frozenset[str]().union(*(MODELS[purpose] for purpose in EMOTION)) | {"scene"}
SERVICE = frozenset({"palm_detection", "voice_activity", "speech_to_text", "sentence_embedding"})
PICTURE = add_hand(with_face(x=220, y=200, face_px=140), x=520, y=320, scale=0.9)
LINE = "This is outrageous, I have been waiting for my parcel for three weeks and nobody tells me anything."
COUNTED = re.compile(r'^agent_(model_runs|transcripts)_total\{\w+="(\w+)"\} (\S+)', re.MULTILINE)
STANDING_S = 1.5
"""Counts of other processes come once a second."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent")) as running:
        yield running


@pytest.fixture(scope="module")
def line() -> SpeechChunk:
    voice = OwnVoice()
    return SpeechChunk(samples=voice.speak(LINE), rate_hz=voice.rate_hz, text=LINE, last=True)


def picture(_: int) -> NDArray[np.uint8]:
    return PICTURE


async def runs(agent: RunningAgent) -> Counter[str]:
    """How often each model that is open has run, in any process of the agent; speech recognition, by what it read."""
    async with httpx.AsyncClient(base_url=agent.url, headers=STAFF) as client:
        text = (await client.get("/metrics")).text
    counts = Counter[str]()
    for name, label, count in COUNTED.findall(text):
        counts[label if name == "model_runs" else "speech_to_text"] += int(float(count))
    return counts


async def settled(agent: RunningAgent) -> Counter[str]:
    """The counts once what was under way when asked has been counted."""
    await asyncio.sleep(STANDING_S)
    return await runs(agent)


async def reached(agent: RunningAgent, before: Mapping[str, int], models: frozenset[str]) -> None:
    """Waits until each of `models` that is open has run since."""
    async with asyncio.timeout(60):
        while True:
            now = await runs(agent)
            if all(now[model] > before.get(model, 0) for model in models & now.keys()):
                return
            await asyncio.sleep(0.5)


@dataclass
class Visit:
    """A customer in a call, and what they do that their models could read."""

    customer: Customer
    line: SpeechChunk
    typed: int = 0

    @property
    def analysis(self) -> set[str]:
        return set(self.customer.seen.analysis)

    def ask(self, kind: str, *purposes: Purpose) -> None:
        channel = self.customer.caller.channel
        assert channel is not None
        channel.send(json.dumps({"type": kind, "purposes": list(purposes)}))

    async def type(self) -> None:
        """Types a line that was not typed before, as what is known of one is not read again."""
        channel = self.customer.caller.channel
        assert channel is not None
        self.typed += 1
        channel.send(json.dumps({"type": "chat", "text": f"{LINE} That is call number {self.typed} of mine."}))

    async def speak(self) -> None:
        """Says a line once the agent is silent."""
        speaking = self.customer.seen.speaking
        await until(lambda: speaking and not speaking[-1][1], 60, "the agent's silence")
        await self.customer.caller.say(self.line)

    async def look(self) -> None:
        """Is in the picture, as all the time."""


@asynccontextmanager
async def visit(agent: RunningAgent, line: SpeechChunk, choice: Choice) -> AsyncIterator[Visit]:
    """A call of which the page knows what is analysed."""
    customer = Customer(agent.url, await open_call(agent.url, choice), frames=ArraySource(picture, fps=15))
    async with customer.caller.call():
        await until(lambda: customer.seen.analysis, 60, "what is analysed")
        yield Visit(customer, line)


DOES: dict[Purpose, Callable[[Visit], Awaitable[None]]] = {
    Purpose.SPEECH: Visit.speak,
    Purpose.GESTURE: Visit.look,
    Purpose.EXPRESSION: Visit.look,
    Purpose.VOICE_EMOTION: Visit.speak,
    Purpose.TEXT_EMOTION: Visit.type,
}
"""What a customer does that is read for a purpose."""


async def test_without_consent_to_emotion_none_of_its_models_runs_once(agent: RunningAgent, line: SpeechChunk) -> None:
    """A face in the picture, feelings in voice and words: zero runs of all that could read them; the rest works."""
    async with visit(agent, line, Choice.WITHOUT_EMOTION) as customer:
        heard = await runs(agent)
        await customer.speak()
        await reached(agent, heard, frozenset({"speech_to_text"}))
        before = await settled(agent)
        assert before.keys() >= FEELING, "the models are open, so that they could run"
        await customer.type()
        await customer.speak()
        await reached(agent, before, SERVICE)
        after = await settled(agent)
    assert {model: after[model] - before[model] for model in FEELING} == dict.fromkeys(FEELING, 0)


@pytest.mark.parametrize("purpose", list(MODELS))
async def test_what_is_taken_back_is_read_no_more_and_what_is_given_again_is(
    agent: RunningAgent, line: SpeechChunk, purpose: Purpose
) -> None:
    """The same thing is done three times: it runs the models, then none of them, then, for emotion, them again."""
    async with visit(agent, line, Choice.AGREE) as customer:
        before = await runs(agent)
        await DOES[purpose](customer)
        await reached(agent, before, MODELS[purpose])
        customer.ask("withdraw", purpose)
        await until(lambda: purpose not in customer.analysis, 60, "word of what is left")
        before = await settled(agent)
        await DOES[purpose](customer)
        await reached(agent, before, GOES_ON[purpose])
        after = await settled(agent)
        assert {model: after[model] - before[model] for model in MODELS[purpose]} == dict.fromkeys(MODELS[purpose], 0)
        if purpose in EMOTION:
            customer.ask("agree", purpose)
            await until(lambda: purpose in customer.analysis, 60, "word of the new consent")
            await DOES[purpose](customer)
            await reached(agent, after, MODELS[purpose])


async def test_withdrawing_takes_effect_within_a_second(agent: RunningAgent, line: SpeechChunk) -> None:
    """Of frames captured a second or more after the withdrawal, none has had a face looked for; hands go on."""
    face_stages = {"face_detection", "face_mesh", "expression"}
    traces: list[dict[str, Any]] = []
    async with visit(agent, line, Choice.AGREE) as customer, agent.watching() as socket:
        call_id = customer.customer.ticket.call_id
        await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False, "traces": True}))
        withdrawn_at = float("inf")
        async with asyncio.timeout(40):
            while sum(trace["captured_at"] > withdrawn_at + 1 for trace in traces) < 15:
                message = json.loads(await socket.recv())
                if message["type"] == "trace" and message["outcome"] == "analysed":
                    traces.append(message)
                if len(traces) == 5:
                    withdrawn_at = time.time()
                    customer.ask("withdraw", Purpose.EXPRESSION)
    read_of_face = [trace["captured_at"] for trace in traces if face_stages & trace["stage_ms"].keys()]
    assert len(read_of_face) >= 5
    assert max(read_of_face) < withdrawn_at + 1


async def test_what_is_not_read_any_more_leaves_room_for_others(agent: RunningAgent, line: SpeechChunk) -> None:
    """A withdrawal gives back the share of the machine that was held for it; who agrees again holds it again."""

    async def free() -> float:
        async with httpx.AsyncClient(base_url=agent.url) as client:
            return float((await client.get("/api/health")).json()["capacity"]["free_share"])

    async with visit(agent, line, Choice.AGREE) as customer:
        before = await free()
        customer.ask("withdraw", *EMOTION)
        await until(lambda: not customer.analysis & EMOTION, 60, "word of what is left")
        assert await free() > before
        customer.ask("agree", *EMOTION)
        await until(lambda: customer.analysis >= EMOTION, 60, "word of the new consent")
        assert await free() == before
