"""Where a request comes from, and where its browser finds the agent."""

from starlette.requests import HTTPConnection


def host_of(connection: HTTPConnection) -> str | None:
    """The address that asks, as a proxy that is believed tells it; None for a local socket, which has none."""
    return None if connection.client is None else connection.client.host


def base_of(connection: HTTPConnection, public_url: str | None) -> str:
    """What addresses of the agent begin with, without a slash at the end: `server.public_url`, or the host asked."""
    return public_url or str(connection.base_url).rstrip("/")
