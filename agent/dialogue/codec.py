"""Writes and reads the frames of the reply protocol: what is of a later version is told apart from what is broken."""

import re
from typing import Any, TypeVar

import msgspec

from agent.core.errors import ProtocolError
from agent.core.signals import Signal
from agent.dialogue.protocol import MAX_MESSAGE_BYTES, PROTOCOL_VERSION, FromEngine, ToEngine


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed message of a type, or a signal of a kind, that this version does not know: count it and go on."""

    type: str


class _SignalHead(msgspec.Struct, frozen=True):
    kind: str = ""


class _Head(msgspec.Struct, frozen=True):
    type: str
    signal: _SignalHead = _SignalHead()


T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_head_decoder = msgspec.json.Decoder(_Head)
_to_engine: msgspec.json.Decoder[ToEngine] = msgspec.json.Decoder(ToEngine)
_from_engine: msgspec.json.Decoder[FromEngine] = msgspec.json.Decoder(FromEngine)


def _tags(union: Any) -> frozenset[str]:
    return frozenset(str(member.__struct_config__.tag) for member in union.__args__)


_TO_ENGINE_TYPES = _tags(ToEngine)
_FROM_ENGINE_TYPES = _tags(FromEngine)
_SIGNAL_KINDS = _tags(Signal)


def encode(message: ToEngine | FromEngine) -> str:
    """The text frame of a message."""
    return _encoder.encode(message).decode()


def decode_to_engine(frame: str | bytes) -> ToEngine | Unknown:
    """Reads one frame that an agent sent. Raises `ProtocolError` for what is too long, not JSON, or lacks a field."""
    return _decode(frame, _to_engine, _TO_ENGINE_TYPES)


def decode_from_engine(frame: str | bytes) -> FromEngine | Unknown:
    """Reads one frame that an engine sent. Raises `ProtocolError` for what is too long, not JSON, or lacks a field."""
    return _decode(frame, _from_engine, _FROM_ENGINE_TYPES)


def _decode(frame: str | bytes, decoder: "msgspec.json.Decoder[T]", types: frozenset[str]) -> T | Unknown:
    # A character is at least one byte, so that a huge text is refused before it is encoded again.
    if len(frame) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"a message of more than {MAX_MESSAGE_BYTES} bytes; split it or send less")
    try:
        data = frame.encode() if isinstance(frame, str) else frame
        if len(data) > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of {len(data)} bytes; at most {MAX_MESSAGE_BYTES} are read")
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        unknown = _unknown_type(frame, types)
        if unknown is not None:
            return unknown
        raise ProtocolError(f"not a message of reply protocol {PROTOCOL_VERSION}: {_without_content(fault)}") from None


def _unknown_type(frame: str | bytes, types: frozenset[str]) -> Unknown | None:
    try:
        head = _head_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if head.type not in types:
        return Unknown(type=head.type[:64])
    if head.type == "signal" and head.signal.kind and head.signal.kind not in _SIGNAL_KINDS:
        return Unknown(type=f"signal {head.signal.kind}"[:64])
    return None


def _without_content(fault: Exception) -> str:
    """What was wrong and where, without the values themselves: they may be a customer's words."""
    return re.sub("'[^']*'", "'…'", str(fault)) if isinstance(fault, msgspec.ValidationError) else "malformed JSON"
