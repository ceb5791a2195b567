"""Reads what pages send: anything that is not of the protocol is refused in words, however it was made."""

from typing import TypeVar

import msgspec

from agent.core.errors import ProtocolError
from agent.transport.messages import FromPage
from agent.transport.supervisor_messages import FromSupervisor

T = TypeVar("T")

_from_page: "msgspec.json.Decoder[FromPage]" = msgspec.json.Decoder(FromPage)
_from_supervisor: "msgspec.json.Decoder[FromSupervisor]" = msgspec.json.Decoder(FromSupervisor)


def from_page(text: str) -> FromPage:
    """A message of the data channel. Raises `ProtocolError`."""
    return _read(_from_page, text)


def from_supervisor(raw: str | bytes) -> FromSupervisor:
    """A message of the supervisors' WebSocket. Raises `ProtocolError`."""
    return _read(_from_supervisor, raw)


def _read(decoder: "msgspec.json.Decoder[T]", raw: str | bytes) -> T:
    try:
        return decoder.decode(raw)
    except RecursionError:
        # Even in a field that nobody reads.
        raise ProtocolError("not a message of this protocol: it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeError) as fault:
        raise ProtocolError(f"not a message of this protocol: {fault}") from None
