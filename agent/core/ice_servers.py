"""The STUN and TURN servers of one call, with a TURN credential that is good for this call and a while only."""

import base64
import hashlib
import hmac

import msgspec

from agent.core.settings import ServerSettings, Settings


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a browser's `iceServers`."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


def ice_servers(server: ServerSettings, *, call_id: str, now_s: float) -> tuple[IceServer, ...]:
    """What a call may use to connect; `now_s` is Unix time.

    The credential is that of the TURN REST API (draft-uberti-behave-turn-rest-00), which coturn's `use-auth-secret`
    checks: `expiry:call` as the name, base64 of its HMAC-SHA1 with the shared secret as the password.
    """
    servers = [IceServer(urls=server.public_ice_servers)] if server.public_ice_servers else []
    if server.turn_secret is not None:
        username = f"{int(now_s) + server.turn_lasts_s}:{call_id}"
        secret = server.turn_secret.get_secret_value().encode()
        digest = hmac.new(secret, username.encode(), hashlib.sha1).digest()
        credential = base64.b64encode(digest).decode()
        servers.append(IceServer(urls=server.turn_urls, username=username, credential=credential))
    return tuple(servers)


def own_ice_servers(settings: Settings, *, call_id: str, now_s: float) -> tuple[IceServer, ...]:
    """What the agent's own side of a connection uses: the relay only where `media.relayed` says so."""
    server = settings.server
    if not settings.media.relayed:
        server = server.model_copy(update={"turn_secret": None})
    return ice_servers(server, call_id=call_id, now_s=now_s)
