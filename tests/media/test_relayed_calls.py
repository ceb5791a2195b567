"""A call whose only path is a TURN server connects with its credential, and not once that has run out."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest

from agent.core.clock import SystemClock
from agent.core.consent import Choice, consent_for
from agent.core.errors import MediaError
from agent.core.ice_servers import IceServer, ice_servers
from agent.core.settings import MediaSettings, ServerSettings
from agent.media import caller
from agent.media.caller import Caller
from agent.media.peer import Peer
from tests.media.turn_server import SECRET, running_turn_server

AGREED = consent_for(Choice.AGREE, locale="en", given_at=0)


@pytest.fixture(scope="module")
def turn_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_turn_server(tmp_path_factory.mktemp("turn")) as url:
        yield url


def credentials(turn_url: str, *, now_s: float) -> tuple[IceServer, ...]:
    """As a call that opened at `now_s` is given them."""
    settings = ServerSettings(turn_urls=(turn_url,), turn_secret=SECRET, turn_lasts_s=60)
    return ice_servers(settings, call_id="call-1", now_s=now_s)


class Answering:
    """WHIP over a mocked transport, answered by a real peer that is inside the relay's network."""

    def __init__(self, servers: tuple[IceServer, ...] = ()) -> None:
        self.peers: list[Peer] = []
        self.offers: list[str] = []
        self._servers = servers

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200)
        self.offers.append(request.content.decode())
        peer = await Peer.answer(
            self.offers[-1],
            call_id="call-1",
            consent=AGREED,
            clock=SystemClock(),
            settings=MediaSettings(),
            ice_servers=self._servers,
        )
        self.peers.append(peer)
        return httpx.Response(201, text=peer.answer_sdp, headers={"Location": "/whip/call-1"})

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()


async def test_a_call_whose_only_path_is_the_relay_connects(turn_url: str) -> None:
    """The customer's side offers relayed candidates alone, and sound comes through."""
    answering = Answering()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answering)) as client:
        servers = credentials(turn_url, now_s=time.time())
        customer = Caller("http://agent.test/whip", "t", ice_servers=servers, relayed=True, client=client)
        try:
            async with customer.call(), asyncio.timeout(15):
                candidates = [line for line in answering.offers[0].splitlines() if line.startswith("a=candidate:")]
                assert candidates and all(" typ relay" in line for line in candidates)
                (peer,) = answering.peers
                await peer.connected.wait()
                while not peer.statistics.audio.packets:
                    await asyncio.sleep(0.02)
        finally:
            await answering.close()


async def test_the_agent_may_be_relayed_too(turn_url: str) -> None:
    """With its own credential it tells an address of the relay, beside its own."""
    answering = Answering(credentials(turn_url, now_s=time.time()))
    async with httpx.AsyncClient(transport=httpx.MockTransport(answering)) as client:
        try:
            async with Caller("http://agent.test/whip", "t", client=client).call():
                assert " typ relay" in answering.peers[0].answer_sdp
        finally:
            await answering.close()


async def test_a_credential_that_has_run_out_relays_nothing(turn_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that kept yesterday's has no path, and its call does not connect."""
    monkeypatch.setattr(caller, "CONNECT_WITHIN_S", 3.0)
    answering = Answering()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answering)) as client:
        servers = credentials(turn_url, now_s=time.time() - 120)
        customer = Caller("http://agent.test/whip", "t", ice_servers=servers, relayed=True, client=client)
        try:
            with pytest.raises(MediaError):
                async with customer.call():
                    raise AssertionError("it connected")
        finally:
            await answering.close()
    assert all(" typ relay" not in offer for offer in answering.offers)
