"""A voice behind an endpoint is heard as ours is, and ours takes over whenever the endpoint fails."""

import re
from collections.abc import Generator, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr, ValidationError

from agent.core.errors import SynthesisError
from agent.core.settings import VoiceSettings
from agent.core.types import read_only
from agent.synthesis.endpoint import RETRY_AFTER_S, EndpointVoice
from agent.synthesis.sound import RATE_HZ
from agent.synthesis.speech import Synthesizer
from agent.synthesis.voice import Piece, PiperVoice, Style, Voice
from tests.synthesis.speech_endpoint import SpeechEndpoint, serving

pytestmark = pytest.mark.timeout(120)
CLAUSE = "Your parcel is on its way."
KEY = "not-a-real-key-1234"


class Reserve:
    """A voice of one known sound, for English alone."""

    rate_hz = 24_000
    fault: str | None = None

    def speaks(self, language: str) -> bool:
        return language == "en"

    def can_speak(self, clause: str) -> bool:
        return clause.isascii()

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        if not clause.isascii():
            raise SynthesisError("not in this script")
        yield Piece(samples=read_only(np.full(24_000, 0.25, np.float32)), share=1.0)


def spoken(voice: Voice, clause: str, style: Style) -> NDArray[np.float32]:
    """The whole clause."""
    return np.concatenate([piece.samples for piece in voice.stream(clause, style)])


def _by_reserve(samples: NDArray[np.float32]) -> bool:
    """Whether these are the samples of `Reserve`."""
    return len(samples) == pytest.approx(RATE_HZ, rel=0.01) and float(np.median(samples)) == pytest.approx(
        0.25, abs=0.01
    )


@pytest.fixture(scope="module")
def endpoint(voice: PiperVoice) -> Iterator[SpeechEndpoint]:
    with serving(SpeechEndpoint(voice)) as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def well(endpoint: SpeechEndpoint) -> None:
    endpoint.fault = ""
    endpoint.go_on.clear()
    endpoint.asked.clear()
    endpoint.keys.clear()


def _settings(endpoint: SpeechEndpoint, **more: object) -> VoiceSettings:
    return VoiceSettings.model_validate(
        {"backend": "openai", "url": endpoint.url, "answer_within_s": 30.0, "model": "m", "name": "n", **more}
    )


def _level_db(samples: NDArray[np.float32]) -> float:
    frames = np.square(samples[: len(samples) // 480 * 480].reshape(-1, 480)).mean(axis=1)
    return float(10 * np.log10(frames[frames > frames.max() * 1e-4].mean()))


@pytest.mark.parametrize("sound", ["wav", "pcm"])
def test_the_endpoint_is_heard_as_our_voice_is(endpoint: SpeechEndpoint, voice: PiperVoice, sound: str) -> None:
    """What it sends far too quietly at 22 kHz comes out at 48 kHz and near the level that is set, nearer each time."""
    remote = EndpointVoice(_settings(endpoint, format=sound, level_db=-22.0), Reserve())
    samples = spoken(remote, CLAUSE, Style())
    ours = voice.synthesize(CLAUSE, Style())
    assert remote.fault is None and remote.rate_hz == RATE_HZ
    assert len(samples) / RATE_HZ == pytest.approx(len(ours) / voice.rate_hz, rel=0.25)
    assert _level_db(samples) == pytest.approx(-22.0, abs=2.5)
    assert _level_db(spoken(remote, CLAUSE, Style())) == pytest.approx(-22.0, abs=1.5)
    assert samples.dtype == np.float32 and np.abs(samples).max() < 0.9
    wanted, _ = endpoint.asked
    assert (wanted.model, wanted.voice, wanted.input, wanted.response_format) == ("m", "n", CLAUSE, sound)
    remote.close()


def test_the_key_is_shown_to_the_endpoint_and_to_nobody_else(endpoint: SpeechEndpoint) -> None:
    """The bearer token is the key; the settings as they are printed do not hold it."""
    settings = _settings(endpoint, key=KEY)
    remote = EndpointVoice(settings, Reserve())
    spoken(remote, CLAUSE, Style())
    assert endpoint.keys == [f"Bearer {KEY}"]
    assert settings.key == SecretStr(KEY)
    assert KEY not in settings.model_dump_json() and KEY not in repr(settings)
    remote.close()


def test_slower_and_lower_is_asked_for(endpoint: SpeechEndpoint) -> None:
    """A calm style lasts as long as its rate says, though it is made of faster speech that is played lower."""
    remote = EndpointVoice(_settings(endpoint), Reserve())
    plain = spoken(remote, CLAUSE, Style())
    calm = spoken(remote, CLAUSE, Style(rate=0.7, pitch_semitones=-2))
    assert endpoint.asked[1].speed == pytest.approx(0.7 * 2 ** (2 / 12), abs=0.001)
    assert 1.15 < len(calm) / len(plain) < 1.8
    remote.close()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("status", "500"),
        ("slow", "ReadTimeout"),
        ("trickle", "(ReadTimeout|not whole after)"),
        ("garbage", "no sound that can be decoded"),
        ("words", "text instead of sound"),
        ("nothing", "no sound"),
        ("half a file", "broke off"),
        ("half a body", "RemoteProtocolError"),
    ],
)
def test_our_own_voice_takes_over(endpoint: SpeechEndpoint, fault: str, reason: str) -> None:
    """Whatever the endpoint does wrong, the clause is spoken, and it is said why by another voice."""
    endpoint.fault = fault
    seconds = 0.4 if fault in ("slow", "trickle") else 30.0
    remote = EndpointVoice(_settings(endpoint, answer_within_s=seconds), Reserve())
    assert _by_reserve(spoken(remote, CLAUSE, Style()))
    assert remote.fault is not None and re.search(reason, remote.fault) and "our own voice" in remote.fault
    assert KEY not in remote.fault and CLAUSE not in remote.fault
    remote.close()


def test_pcm_is_heard_while_it_still_comes(endpoint: SpeechEndpoint) -> None:
    """The first pieces are there while the endpoint holds the rest back; joined, they are what comes in one go."""
    endpoint.fault = "held"
    remote = EndpointVoice(_settings(endpoint, format="pcm"), Reserve())
    pieces = remote.stream(CLAUSE, Style())
    first = next(pieces)
    assert not endpoint.go_on.is_set() and 0 < first.share < 1
    endpoint.go_on.set()
    rest = list(pieces)
    assert [piece.share for piece in rest] == sorted(piece.share for piece in rest)
    assert rest[-1].share == 1.0 and remote.fault is None
    streamed = np.concatenate([first.samples, *(piece.samples for piece in rest)])
    endpoint.fault = ""
    remote.close()
    another = EndpointVoice(_settings(endpoint, format="pcm"), Reserve())
    whole = spoken(another, CLAUSE, Style())
    assert len(streamed) == len(whole) and np.allclose(streamed, whole, atol=1e-5)
    another.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_clause_that_breaks_off_is_begun_again(endpoint: SpeechEndpoint) -> None:
    """When half a clause was heard and no more comes, our own voice says it from its beginning."""
    endpoint.fault = "breaks off"
    remote = EndpointVoice(_settings(endpoint, format="pcm"), Reserve())
    pieces = remote.stream(CLAUSE, Style())
    first = next(pieces)
    endpoint.go_on.set()
    rest = list(pieces)
    assert first.share < 1.0 and rest[-1].share == 1.0
    assert _by_reserve(rest[-1].samples)
    assert remote.fault is not None and "RemoteProtocolError" in remote.fault
    remote.close()


def test_an_abandoned_clause_is_not_fetched_to_its_end(endpoint: SpeechEndpoint) -> None:
    """Who stops listening within a clause leaves no connection behind, and no fault."""
    endpoint.fault = "held"
    remote = EndpointVoice(_settings(endpoint, format="pcm"), Reserve())
    pieces = remote.stream(CLAUSE, Style())
    next(pieces)
    pieces.close()
    assert remote.fault is None
    endpoint.go_on.set()
    endpoint.fault = ""
    assert not _by_reserve(spoken(remote, CLAUSE, Style())) and remote.fault is None
    remote.close()


def test_an_endpoint_that_is_not_there_is_left_alone_for_a_while(endpoint: SpeechEndpoint) -> None:
    """After a failure our own voice speaks at once; later the endpoint is asked again, and the fault is over."""
    now_s = 100.0
    remote = EndpointVoice(_settings(endpoint), Reserve(), now_s=lambda: now_s)
    endpoint.fault = "status"
    spoken(remote, CLAUSE, Style())
    endpoint.fault = ""
    assert _by_reserve(spoken(remote, CLAUSE, Style())) and len(endpoint.asked) == 1
    now_s += RETRY_AFTER_S
    assert not _by_reserve(spoken(remote, CLAUSE, Style())) and remote.fault is None
    remote.close()


def test_languages_that_only_the_endpoint_speaks(endpoint: SpeechEndpoint) -> None:
    """It is a voice for the languages that are set, or for all; while it fails, for those of our own voice alone."""
    every = EndpointVoice(_settings(endpoint), Reserve())
    some = EndpointVoice(_settings(endpoint, languages=("zh",)), Reserve())
    assert every.speaks("pt-BR") and some.speaks("zh-CN") and some.speaks("en") and not some.speaks("de")
    assert every.can_speak("你好。") and not every.can_speak("…!")
    endpoint.fault = "status"
    with pytest.raises(SynthesisError, match="script"):
        spoken(every, "你好。", Style())
    assert not every.speaks("zh") and every.speaks("en")
    every.close()
    some.close()


async def test_a_reply_goes_on_in_our_voice_when_the_endpoint_breaks_down(endpoint: SpeechEndpoint) -> None:
    """Between two clauses the endpoint fails: the second is heard all the same, at the same rate."""
    remote = EndpointVoice(_settings(endpoint), Reserve())
    synthesizer = Synthesizer(remote, threads=1)
    synthesizer.start()
    chunks = []
    async for chunk in synthesizer.speak("The first one. The second one. The third one."):
        endpoint.fault = "status"
        chunks.append(chunk)
    synthesizer.stop()
    assert [chunk.text for chunk in chunks] == ["The first one.", "The second one.", "The third one."]
    assert not _by_reserve(chunks[0].samples) and _by_reserve(chunks[-1].samples)
    assert {chunk.rate_hz for chunk in chunks} == {RATE_HZ}
    assert synthesizer.fault is not None
    remote.close()


def test_an_endpoint_must_be_named() -> None:
    """Asking for an endpoint without saying which is refused at start-up, as is an address that is none."""
    with pytest.raises(ValidationError, match="url must name the endpoint"):
        VoiceSettings(backend="openai")
    with pytest.raises(ValidationError, match="url"):
        VoiceSettings(backend="openai", url="localhost")
