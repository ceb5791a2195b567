"""Every parser of what comes from outside reads what it is given, or refuses it with the error that it promises."""

import asyncio
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agent.core.errors import (
    AgentError,
    DataRejected,
    LinkRejected,
    ModelError,
    NotMedia,
    OfferRejected,
    ProtocolError,
    SettingsError,
    StoreError,
)
from agent.core.settings import REPOSITORY, load_settings
from agent.core.signed_customer import SignedCustomer, sign, verify
from agent.dialogue.codec import Unknown, decode_from_engine, decode_to_engine
from agent.dialogue.protocol import FromEngine, ToEngine
from agent.inference.registry import MANIFEST, Registry
from agent.media.offer import read_candidates, read_offer
from agent.media.shared_pictures import redrawn
from agent.media.sound_files import decoded_sound
from agent.storage.audit_chain import Anchor
from agent.storage.certificate import Certificate, read_certificate
from agent.storage.keyring import Keyring
from agent.transport.messages import FromPage
from agent.transport.reading import from_page, from_supervisor
from agent.transport.supervisor_messages import FromSupervisor
from tests.media.test_offer import page_offer
from tests.pictures_sent import encoded, photo_with_place
from tests.security.mutations import json_values, mangled_bytes, mangled_lines, mangled_messages_of, messages_of

EXAMPLES = [
    pytest.param(60, marks=pytest.mark.timeout(60)),
    pytest.param(3_000, marks=[pytest.mark.security, pytest.mark.timeout(900)]),
]
SLOWEST_S = 2.0
"""Processor time of one example, at which a parser would be worth attacking."""
SECRET = "a secret of the tests, long enough to sign"
TOML = """\
[server]
port = 8080
public_ice_servers = ["stun:stun.example.org:3478"]
customer_secret = "0123456789abcdef0123456789abcdef"

[media]
preferred_fps = 15
silent_after_s = 12.5

[api]
keys = ["0123456789abcdef"]

[reply]
domain = "shop"

[telemetry]
trace_share = 0.5
"""


@dataclass(frozen=True, slots=True)
class Parser:
    """Takes `source`, and nothing but `refuses` may come of it."""

    name: str
    source: st.SearchStrategy[Any]
    parse: Callable[[Any], object]
    refuses: type[AgentError]


@cache
def offer_of_our_page() -> str:
    return asyncio.run(page_offer())


def broken_lines(text: Callable[[], str]) -> st.SearchStrategy[str]:
    return st.randoms(use_true_random=False).map(lambda chance: mangled_lines(text(), chance))


def broken_files(data: bytes) -> st.SearchStrategy[bytes]:
    return st.randoms(use_true_random=False).map(lambda chance: mangled_bytes(data, chance))


def broken_json(union: Any) -> st.SearchStrategy[str | bytes]:
    return mangled_messages_of(union) | json_values().map(json.dumps) | st.text(max_size=100)


def sound_file(container: str, codec: str) -> bytes:
    """A fifth of a second of silence."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000)
        assert isinstance(stream, av.AudioStream)
        for _ in range(10):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 960 * 2), np.int16), format="s16", layout="stereo")
            frame.sample_rate = 48_000
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def read_fragment(fragment: str) -> object:
    return read_candidates(fragment, read_offer(offer_of_our_page()))


def read_settings(text: str) -> object:
    """In the current folder."""
    Path("agent.toml").write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    return load_settings()


def read_manifest(text: str) -> object:
    Path(MANIFEST).write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    return Registry.load(Path())


def read_certificate_file(data: bytes) -> object:
    Path("certificate.json").write_bytes(data)
    return read_certificate(Path("certificate.json"))


FRAGMENT = (
    "a=ice-ufrag:x\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host\r\n"
)
CUSTOMER = SignedCustomer(customer="dana", expires_at=2e9, token_id="t", locale="en")
CERTIFICATE = Certificate(
    erased_at="2026-11-22T12:00:00+00:00",
    customer="0" * 32,
    calls=("c1",),
    going_on=(),
    erased={"calls": 1},
    not_erased=(),
    audit="0" * 64,
)

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
PICTURES = {
    "photo": photo_with_place(PIXELS, orientation=6),
    **{form.removeprefix("."): encoded(PIXELS, form) for form in (".png", ".webp")},
}

PARSERS = (
    Parser("offers", broken_lines(offer_of_our_page), read_offer, OfferRejected),
    Parser("candidates", broken_lines(lambda: FRAGMENT), read_fragment, OfferRejected),
    Parser("messages of the page", broken_json(FromPage), from_page, ProtocolError),
    Parser("messages of supervisors", broken_json(FromSupervisor) | st.binary(), from_supervisor, ProtocolError),
    Parser("messages of the agent", broken_json(ToEngine) | st.binary(), decode_to_engine, ProtocolError),
    Parser("messages of an engine", broken_json(FromEngine) | st.binary(), decode_from_engine, ProtocolError),
    Parser("settings", broken_lines(lambda: TOML), read_settings, SettingsError),
    Parser("manifests", broken_lines((REPOSITORY / "models_onnx" / MANIFEST).read_text), read_manifest, ModelError),
    Parser(
        "customers' tokens",
        broken_lines(lambda: sign(CUSTOMER, secret=SECRET)) | st.text(),
        lambda token: verify(token, secret=SECRET, now=1e9),
        LinkRejected,
    ),
    Parser("anchors", broken_lines(lambda: f"17:{'5f' * 32}"), Anchor.parse, StoreError),
    Parser(
        "keys of the archive",
        broken_lines(lambda: Keyring.fresh().rotated().text()),
        lambda text: Keyring.parsed(text, "the file"),
        StoreError,
    ),
    Parser("certificates", broken_files(msgspec.json.encode(CERTIFICATE)), read_certificate_file, DataRejected),
    *(
        Parser(
            f"recordings as {container}",
            broken_files(file),
            lambda data: list(decoded_sound(io.BytesIO(data))),
            NotMedia,
        )
        for container, file in (
            ("wav", sound_file("wav", "pcm_s16le")),
            ("ogg", sound_file("ogg", "libopus")),
            ("webm", sound_file("webm", "libopus")),
        )
    ),
    *(
        Parser(f"pictures as {kind}", broken_files(PICTURES[kind]) | st.binary(), redrawn, NotMedia)
        for kind in PICTURES
    ),
)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name.replace(" ", "-"))
def test_what_is_broken_is_refused_and_nothing_else_happens(
    parser: Parser, examples: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is broken, it is read or refused, and in no great time."""
    monkeypatch.chdir(tmp_path)

    @hypothesis_settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(parser.source)
    def holds(text: Any) -> None:
        began_s = time.process_time()
        try:
            parser.parse(text)
        except parser.refuses:
            pass
        assert time.process_time() - began_s < SLOWEST_S

    holds()


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize(
    ("union", "parse"),
    [
        (FromPage, from_page),
        (FromSupervisor, from_supervisor),
        (ToEngine, decode_to_engine),
        (FromEngine, decode_from_engine),
    ],
)
def test_what_is_sound_is_read(union: Any, parse: Callable[[str], msgspec.Struct], examples: int) -> None:
    """Any message with what its type asks for is read, and reads the same when it is written again."""

    @hypothesis_settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(messages_of(union))
    def holds(text: str) -> None:
        message = parse(text)
        assert not isinstance(message, Unknown)
        assert parse(msgspec.json.encode(message).decode()) == message

    holds()
