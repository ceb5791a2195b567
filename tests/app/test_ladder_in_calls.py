"""In a real call on a real server that has no time for pictures, the page is asked for less and supervisors see it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.media.clips import ArraySource
from agent.transport.messages import SendLess
from tests.serving import RunningAgent, running_agent, until

pytestmark = pytest.mark.timeout(120)


def _blank(index: int) -> NDArray[np.uint8]:
    return np.full((480, 640, 3), 90 + index % 3, np.uint8)


async def _follow(agent: RunningAgent, call_id: str, seen: list[dict[str, Any]]) -> None:
    async with agent.watching() as socket:
        await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "signal" and message["signal"]["kind"] == "health":
                seen.append(message["signal"]["value"])


async def test_a_server_without_time_asks_for_less_and_goes_on_talking(tmp_path: Path) -> None:
    """No frame can be read within the millisecond that is allowed: the call goes down the ladder step by step, each is
    asked of the page and told to supervisors with its reason, and the agent still greets and answers."""
    health: list[dict[str, Any]] = []
    with running_agent(tmp_path, AGENT_VISION__DEADLINE_MS="1") as agent:
        customer = Customer(agent.url, await open_call(agent.url, Choice.AGREE), frames=ArraySource(_blank, fps=15))
        async with customer.caller.call() as caller, asyncio.TaskGroup() as tasks:
            following = tasks.create_task(_follow(agent, customer.ticket.call_id, health))
            asked = customer.seen.asked
            await until(lambda: any(message.fps == 8 for message in asked), 40, "eight pictures a second")
            assert asked[:3] == [
                SendLess(fps=12, width_px=640),
                SendLess(fps=12, width_px=480),
                SendLess(fps=8, width_px=480),
            ]
            assert caller.camera is not None
            assert (caller.camera.fps, caller.camera.width_px) == (asked[-1].fps, asked[-1].width_px)
            await until(lambda: any(value["rung"] == "slower_expression" for value in health), 10, "a rung in health")
            assert any(caption.speaker == "agent" for _, caption in customer.seen.captions)
            following.cancel()
    degraded = next(value for value in health if value["rung"] == "slower_expression")
    assert degraded["state"] == "degraded"
    assert degraded["rung_since"] > 1_700_000_000
    assert any(reason.startswith("load: hands and expression are read less often") for reason in degraded["reasons"])
    assert degraded["frames"]["budget"] > 10
