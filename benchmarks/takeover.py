"""How soon a customer hears a person of the business who takes the call over.

    agent bench takeover

A customer with a camera is on a call with an agent of its own. A member of staff offers a connection, as a supervisor's
page does at the press of a button, and speaks from then on; the time ends with the first audible sound at the customer.
Opening a microphone and a browser's own buffers come on top: the test of the pages measures those, too.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from agent.app.customer import Customer, open_call
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.consent import Choice
from agent.core.errors import AgentError
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.media.clause import RATE_HZ
from agent.media.clips import ArraySource
from agent.media.speaker import Speaker
from benchmarks.face import face_picture
from benchmarks.percentiles import Machine, Percentiles, percentiles, this_machine
from benchmarks.processes import KEY_HEADER, running_agent

QUIET_S = 2.0
"""The agent pauses for less between two sentences."""
WITHIN_S = 30.0
SPEAKS_S = 3.0


class TakeoverReport(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from the offer."""

    times: int
    answered_ms: Percentiles
    """The agent has answered it."""
    heard_ms: Percentiles
    """The customer hears the person."""
    back_ms: Percentiles
    """From the end of the person's connection until the customer hears the agent."""
    machine: Machine


async def measure(*, times: int) -> TakeoverReport:
    """Takes one call over so often. Raises `AgentError` where nobody is heard."""
    with TemporaryDirectory() as folder:
        async with (
            running_agent(Path(folder)) as (url, _),
            httpx.AsyncClient(base_url=url, headers=KEY_HEADER, timeout=WITHIN_S) as staff,
        ):
            ticket = await open_call(url, Choice.AGREE)
            customer = Customer(url, ticket, frames=ArraySource(face_picture, fps=15))
            async with customer.caller.call():
                await _sound(customer)
                rounds = [await _round(customer, staff) for _ in range(times)]
    answered, heard, back = zip(*rounds, strict=True)
    return TakeoverReport(
        times=times,
        answered_ms=percentiles(answered),
        heard_ms=percentiles(heard),
        back_ms=percentiles(back),
        machine=this_machine(),
    )


async def _round(customer: Customer, staff: httpx.AsyncClient) -> tuple[float, float, float]:
    """Milliseconds until the offer was answered, the person heard, and the agent heard again."""
    await _quiet(customer)
    voice = Speaker()
    began_ns = time.monotonic_ns()
    async with _standing_in(customer.ticket.call_id, staff, voice):
        answered_ns = time.monotonic_ns()
        heard_ns = await _sound(customer, voice)
        await voice.idle.wait()
        await _quiet(customer)
    ended_ns = time.monotonic_ns()
    back_ns = await _sound(customer)
    spans = (answered_ns - began_ns, heard_ns - began_ns, back_ns - ended_ns)
    answered_ms, heard_ms, back_ms = (span / NS_PER_MS for span in spans)
    return answered_ms, heard_ms, back_ms


@asynccontextmanager
async def _standing_in(call_id: str, staff: httpx.AsyncClient, voice: Speaker) -> AsyncIterator[None]:
    """The connection of somebody who speaks with `voice`, answered."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        connection.addTransceiver(voice, direction="sendonly")
        await connection.setLocalDescription(await connection.createOffer())
        answer = await staff.post(
            f"/stand-in/{call_id}",
            content=connection.localDescription.sdp,
            headers={"Content-Type": "application/sdp"},
        )
        if answer.status_code != 201:
            raise AgentError(f"the agent did not let anybody take the call over ({answer.status_code}): {answer.text}")
        await connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        yield
        await staff.delete(answer.headers["location"])
    finally:
        await connection.close()


async def _sound(customer: Customer, voice: Speaker | None = None) -> int:
    """Waits until the customer hears something new, for which `voice` speaks; the monotonic time of its arrival."""
    recording = customer.caller.recording
    recording.heard.clear()
    try:
        async with asyncio.timeout(WITHIN_S):
            if voice is not None:
                await voice.play(_speech())
            await recording.heard.wait()
    except TimeoutError:
        raise AgentError(f"nobody was heard within {WITHIN_S:.0f} s") from None
    return recording.spans[-1].first_ns


async def _quiet(customer: Customer) -> None:
    """Until nothing has been heard for a while."""
    left_s = QUIET_S
    while left_s > 0:
        await asyncio.sleep(left_s)
        left_s = QUIET_S - (time.monotonic_ns() - customer.caller.recording.spans[-1].last_ns) / NS_PER_S


def _speech() -> SpeechChunk:
    """A hum that nobody takes for silence."""
    samples = np.sin(np.arange(round(SPEAKS_S * RATE_HZ), dtype=np.float32) * 0.05) * 0.4
    return SpeechChunk(samples=read_only(samples.astype(np.float32)), rate_hz=RATE_HZ, text="", last=True)
