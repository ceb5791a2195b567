"""A call is told which STUN and TURN servers are its own, and the desk is told from where media was asked for."""

import httpx
import pytest
from pydantic import SecretStr

from agent.core.consent import CONSENT_VERSION
from agent.core.settings import ApiSettings, ServerSettings, Settings
from tests.transport.conftest import ScriptedDesk

TURN_URL = "turns:turn.example:5349?transport=tcp"


@pytest.fixture
def settings(api_keys: tuple[str, ...]) -> Settings:
    server = ServerSettings(
        public_ice_servers=("stun:stun.example:3478",), turn_urls=(TURN_URL,), turn_secret=SecretStr("0123456789abcdef")
    )
    return Settings(server=server, api=ApiSettings(keys=tuple(map(SecretStr, api_keys))))


async def test_a_call_gets_what_a_browser_takes(client: httpx.AsyncClient) -> None:
    """`ice_servers` can be handed to RTCPeerConnection as it is: objects, and no null among them."""
    wish = {"choice": "agree", "consent_version": CONSENT_VERSION}
    stun, turn = (await client.post("/api/calls", json=wish)).json()["ice_servers"]
    assert stun == {"urls": ["stun:stun.example:3478"]}
    assert turn.keys() == {"urls", "username", "credential"} and turn["urls"] == [TURN_URL]
    expires, _, call_id = turn["username"].partition(":")
    assert expires.isdigit() and call_id == "c1"


async def test_the_desk_learns_who_asks(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """By address, which decides where the call's media may be sent."""
    headers = {"Content-Type": "application/sdp", "Authorization": "Bearer good"}
    await client.post("/whip", content="v=0\r\n", headers=headers)
    assert desk.offered_from == ["127.0.0.1"]
