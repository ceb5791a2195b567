"""A customer and a peer in one process, over real ICE, DTLS and SRTP on this machine's own network."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.clock import SystemClock
from agent.core.consent import Choice, Consent, consent_for
from agent.core.errors import OfferRejected
from agent.core.lifecycle import EndReason
from agent.core.settings import MediaSettings
from agent.media.caller import Caller
from agent.media.clips import ArraySource, BarcodeSource, FrameSource
from agent.media.peer import Peer

AGREED = consent_for(Choice.AGREE, locale="en", given_at=0)


@dataclass
class Line:
    """A call that is up."""

    caller: Caller
    peer: Peer
    ended: asyncio.Task[EndReason]
    another: Callable[[], Caller]
    """A caller who comes back into this call."""


Dial = Callable[..., AbstractAsyncContextManager[Line]]


def moving_gradient(index: int) -> NDArray[np.uint8]:
    """A 320x240 picture that changes with every frame."""
    rows, columns = np.indices((240, 320))
    grey = ((rows + columns + 5 * index) % 256).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def barcoded(fps: float = 30.0) -> FrameSource:
    """Pictures that carry their own number."""
    return BarcodeSource(ArraySource(moving_gradient, fps=fps))


@asynccontextmanager
async def _dial(
    *,
    consent: Consent = AGREED,
    settings: MediaSettings | None = None,
    frames: FrameSource | None = None,
    voice: bool = True,
    send_only: bool = False,
    video_codec: str | None = None,
    on_message: Callable[[str], str | None] | None = None,
) -> AsyncIterator[Line]:
    peers: list[Peer] = []

    async def whip(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200)
        try:
            if peers:
                answer_sdp = await peers[0].resume(request.content.decode())
                return httpx.Response(201, text=answer_sdp, headers={"Location": "/whip/call-1"})
            peer = await Peer.answer(
                request.content.decode(),
                call_id="call-1",
                consent=consent,
                clock=SystemClock(),
                settings=settings or MediaSettings(),
            )
        except OfferRejected as error:
            return httpx.Response(error.status, text=str(error))
        peers.append(peer)
        running.append(tasks.create_task(peer.run()))
        return httpx.Response(201, text=peer.answer_sdp, headers={"Location": "/whip/call-1"})

    running: list[asyncio.Task[EndReason]] = []
    async with (
        asyncio.TaskGroup() as tasks,
        httpx.AsyncClient(transport=httpx.MockTransport(whip)) as client,
    ):

        def another() -> Caller:
            return Caller(
                "http://agent.test/whip",
                "token",
                frames=frames,
                voice=voice,
                send_only=send_only,
                video_codec=video_codec,
                on_message=on_message,
                client=client,
            )

        caller = another()
        try:
            async with caller.call():
                async with asyncio.timeout(10):
                    await peers[0].connected.wait()
                yield Line(caller, peers[0], running[0], another)
        finally:
            for peer in peers:
                await peer.close()


@pytest.fixture
def dial() -> Dial:
    """Opens calls: `async with dial(...) as line`."""
    return _dial
