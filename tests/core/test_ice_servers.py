"""Each call gets its own STUN and TURN servers, with a credential that ends."""

import base64
import hashlib
import hmac

import msgspec
import pytest
from pydantic import ValidationError

from agent.core.ice_servers import ice_servers
from agent.core.settings import ServerSettings

URLS = ("turn:turn.example:3478", "turns:turn.example:5349?transport=tcp")


def test_without_settings_there_are_none() -> None:
    """One machine or one network needs no help."""
    assert ice_servers(ServerSettings(), call_id="c1", now_s=0) == ()


def test_a_credential_is_of_one_call_and_ends() -> None:
    """Its name is when it ends and the call, its password their HMAC-SHA1 with the secret that coturn knows."""
    settings = ServerSettings(
        public_ice_servers=("stun:stun.example",), turn_urls=URLS, turn_secret="0123456789abcdef", turn_lasts_s=600
    )
    stun, turn = ice_servers(settings, call_id="c1", now_s=1_000.7)
    assert msgspec.json.decode(msgspec.json.encode(stun)) == {"urls": ["stun:stun.example"]}
    assert (turn.urls, turn.username) == (URLS, "1600:c1")
    wanted = hmac.new(b"0123456789abcdef", b"1600:c1", hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(wanted).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_urls": URLS},
        {"turn_secret": "0123456789abcdef"},
        {"turn_urls": ("stun:stun.example",), "turn_secret": "0123456789abcdef"},
        {"public_ice_servers": ("turn:turn.example",)},
        {"turn_urls": URLS, "turn_secret": "short"},
    ],
)
def test_half_a_turn_server_is_refused(wrong: dict[str, object]) -> None:
    """URLs without the secret, a secret without URLs, one kind of server where the other belongs."""
    with pytest.raises(ValidationError):
        ServerSettings.model_validate(wrong)
