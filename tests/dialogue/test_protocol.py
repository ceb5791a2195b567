"""The wire messages: what is read, what is passed over, what is refused, and that the published schema is true."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import ProtocolError
from agent.dialogue.codec import Unknown, decode_from_engine, decode_to_engine, encode
from agent.dialogue.protocol import (
    MAX_MESSAGE_BYTES,
    SCHEMA_PATH,
    AgentHello,
    Because,
    Chat,
    EngineHello,
    FromEngine,
    Intent,
    Say,
    SayStyle,
    SignalSeen,
    ToEngine,
    Utterance,
    schema_text,
)
from tests.dialogue.wire import affect_signal


def test_message_survives_the_wire() -> None:
    """A message is read back as it was sent, in both directions."""
    say = Say(
        id="s1",
        text="Good morning",
        style=SayStyle(rate=0.9, tone="calm"),
        because=(Because(kind="affect", seqs=(4,), words="the customer seems upset"),),
    )
    heard = Utterance(id=3, text="hello", intent=Intent(label="greeting", probability=0.9, slots={"a": "b"}, seq=7))
    seen = SignalSeen(signal=affect_signal(valence=-0.5, seq=4))
    assert decode_from_engine(encode(say)) == say
    assert decode_to_engine(encode(heard)) == heard
    assert decode_to_engine(encode(seen)) == seen


def test_both_hellos_differ_by_direction() -> None:
    """`hello` means the agent in one direction and the engine in the other."""
    assert decode_to_engine('{"type":"hello"}') == AgentHello()
    assert decode_from_engine('{"type":"hello","engine":"x"}') == EngineHello(engine="x")


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ('{"type":"dance","tempo":3}', "dance"),
        ('{"type":"signal","signal":{"kind":"smell","value":1}}', "signal smell"),
    ],
)
def test_unknown_types_are_told_apart_from_broken_ones(frame: str, name: str) -> None:
    """A type or signal kind of a later version is not an error."""
    assert decode_to_engine(frame) == Unknown(type=name)


def test_unknown_fields_are_passed_over() -> None:
    """A later version may add fields."""
    assert decode_to_engine('{"type":"chat","text":"hi","mood":"blue"}') == Chat(text="hi")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"type":7}',
        '{"text":"no type"}',
        '{"type":"say"}',
        '{"type":"say","id":"","text":"empty id"}',
        '{"type":"say","id":"1","text":"x","style":{"rate":99}}',
        '{"type":"say","id":"1","text":"' + "x" * 5_000 + '"}',
        '{"type":"say","id":"1","text":"\ud800"}',
        b"\xff\xfe\x00",
        "[" * 60_000,
    ],
)
def test_malformed_frames_are_refused(frame: str | bytes) -> None:
    """What is not of the protocol is a `ProtocolError`, never another exception."""
    with pytest.raises(ProtocolError):
        decode_from_engine(frame)


@pytest.mark.parametrize("letter", ["x", "\N{SNOWMAN}"])
def test_size_is_counted_in_bytes(letter: str) -> None:
    """A frame longer than the limit is refused, whether its letters take one byte or three."""
    with pytest.raises(ProtocolError, match="bytes"):
        decode_from_engine('{"type":"note","text":"' + letter * (MAX_MESSAGE_BYTES // len(letter.encode())) + '"}')


def test_refusals_do_not_repeat_what_was_said() -> None:
    """The message of an error names the place and not the words, as it is logged."""
    with pytest.raises(ProtocolError) as refusal:
        decode_from_engine('{"type":"handoff","reason":"r","urgency":"my secret"}')
    assert "secret" not in str(refusal.value)
    assert "urgency" in str(refusal.value)


_frames = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ).map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["hello", "say", "show", "signal", "utterance", "chat", "call_started", "x"])},
        optional={
            "id": st.integers() | st.text(max_size=5),
            "text": st.text(max_size=20) | st.none(),
            "card": st.dictionaries(st.sampled_from(["id", "title", "rows"]), st.text(max_size=4)),
            "signal": st.dictionaries(st.sampled_from(["kind", "seq"]), st.text(max_size=4) | st.integers()),
        },
    ).map(json.dumps),
)


@given(_frames)
def test_any_frame_is_read_passed_over_or_refused(frame: str | bytes) -> None:
    """No frame, however odd, raises anything but `ProtocolError`; what is read can be written and read again."""
    for decode in (decode_to_engine, decode_from_engine):
        try:
            message: ToEngine | FromEngine | Unknown = decode(frame)
        except ProtocolError:
            continue
        if not isinstance(message, Unknown):
            assert decode(encode(message)) == message


def test_published_schema_is_current() -> None:
    """The committed JSON Schema is what the structs say; `python -m agent.dialogue.protocol` writes it."""
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text()
    assert "engine_to_agent" in msgspec.json.decode(schema_text())["$defs"]
