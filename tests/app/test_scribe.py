"""Recordings of other programs are read on the models of the calls, and never before a call."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from openai import AsyncOpenAI, BadRequestError

from agent.app.scribe import FileScribe
from agent.core.clock import SystemClock
from agent.core.errors import AtCapacity, NotMedia, RequestRejected
from agent.core.settings import ApiSettings, HearingSettings, ModelSettings, Settings
from agent.core.speech import MIC_RATE_HZ
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.hearing import Hearing
from agent.perception.transcriber import Tell
from agent.perception.utterance import Answer, Request, Urgency
from agent.training.spelling import units
from agent.transport.scribe import Segment, Wish
from tests.perception.sound import Say, open_say, silence
from tests.serving import running_agent

pytestmark = pytest.mark.timeout(120)

LINES = ("Where is my order?", "I would like to return my headphones.", "Thank you very much for your help.")
KEY = "key-of-the-tests-1"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


@pytest.fixture(scope="module")
def say(runtime: Runtime) -> Say:
    return open_say(runtime)


@pytest.fixture(scope="module")
def talk(say: Say) -> NDArray[np.float32]:
    """Three lines with pauses: (n,) float32 at 16 kHz."""
    parts = [part for line in LINES for part in (say(line), silence(2.0))]
    return np.concatenate([silence(1.0), *parts])


@pytest.fixture(scope="module")
def hearing(runtime: Runtime) -> Iterator[Hearing]:
    hearing = Hearing(runtime, HearingSettings(), SystemClock())
    hearing.start()
    yield hearing
    hearing.stop()


def scribe_of(runtime: Runtime, hearing: Hearing, **limits: float) -> FileScribe:
    return FileScribe(runtime, hearing, Settings(api=ApiSettings.model_validate(limits)))


@pytest.fixture
async def scribe(runtime: Runtime, hearing: Hearing) -> AsyncIterator[FileScribe]:
    scribe = scribe_of(runtime, hearing)
    yield scribe
    await asyncio.to_thread(scribe.stop)


def encoded(sound: NDArray[np.float32], *, form: str, codec: str, rate_hz: int, layout: str) -> io.BytesIO:
    """Sound at 16 kHz as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
        frame.sample_rate, frame.time_base = MIC_RATE_HZ, Fraction(1, MIC_RATE_HZ)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("form", "codec", "rate_hz", "layout"),
    [
        ("wav", "pcm_s16le", 8_000, "mono"),
        ("wav", "pcm_f32le", 96_000, "stereo"),
        ("flac", "flac", 44_100, "stereo"),
        ("webm", "libopus", 48_000, "mono"),
        ("mp3", "libmp3lame", 44_100, "stereo"),
        ("ipod", "aac", 22_050, "mono"),
    ],
)
async def test_usual_formats_are_read(
    scribe: FileScribe, talk: NDArray[np.float32], form: str, codec: str, rate_hz: int, layout: str
) -> None:
    """Rate, channels and container do not matter; segments lie where the lines were said."""
    file = encoded(talk, form=form, codec=codec, rate_hz=rate_hz, layout=layout)
    read = await scribe.transcribe(file, Wish())
    assert [units(segment.text) for segment in read.segments] == [units(line) for line in LINES]
    assert read.segments[0].start_s == pytest.approx(1.1, abs=0.25)
    assert read.duration_s == pytest.approx(len(talk) / MIC_RATE_HZ, abs=0.2)


async def test_words_come_with_their_times(scribe: FileScribe, talk: NDArray[np.float32]) -> None:
    """Each word of a segment has its place in the recording, in order, and segments are told as they are read."""
    file = encoded(talk, form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    told: list[Segment] = []
    read = await scribe.transcribe(file, Wish(word_times=True), told.append)
    assert tuple(told) == read.segments
    for segment in read.segments:
        assert " ".join(word.text for word in segment.words) == segment.text
        edges = [edge for word in segment.words for edge in (word.start_s, word.end_s)]
        assert edges == sorted(edges)
        assert edges[0] == pytest.approx(segment.start_s, abs=0.4)
        assert edges[-1] == pytest.approx(segment.end_s, abs=0.4)


async def test_words_may_be_drawn_freely(scribe: FileScribe, talk: NDArray[np.float32]) -> None:
    """A temperature reaches the decoder, and what is said clearly survives a low one."""
    file = encoded(talk, form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    read = await scribe.transcribe(file, Wish(temperature=0.1))
    assert units(read.text) == units(" ".join(LINES))
    assert {segment.temperature for segment in read.segments} == {0.1}


async def test_a_recording_without_words_has_none(scribe: FileScribe) -> None:
    """Silence is no fault and says nothing."""
    file = encoded(silence(3.0), form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    assert (await scribe.transcribe(file, Wish())).segments == ()


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt ", b"#EXTM3U\nfile:///etc/passwd\n", bytes(range(256)) * 9])
async def test_a_file_that_is_no_sound_is_refused(scribe: FileScribe, content: bytes) -> None:
    """Nor does a playlist make the agent open what it names."""
    with pytest.raises(NotMedia, match="this file holds no sound"):
        await scribe.transcribe(io.BytesIO(content), Wish())


async def test_limits_are_kept(runtime: Runtime, hearing: Hearing, talk: NDArray[np.float32]) -> None:
    """A recording that is too long or one too many is refused; those before it are read."""
    scribe = scribe_of(runtime, hearing, max_audio_s=5.0, max_waiting=1)
    short, long = (
        encoded(sound, form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
        for sound in (talk[: 4 * MIC_RATE_HZ], talk)
    )
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(scribe.transcribe(short, Wish()))
        await asyncio.sleep(0)
        with pytest.raises(AtCapacity):
            await scribe.transcribe(long, Wish())
    assert first.result().segments
    with pytest.raises(RequestRejected, match="longer than 5 s"):
        await scribe.transcribe(long, Wish())
    await asyncio.to_thread(scribe.stop)


async def test_what_nobody_waits_for_is_given_up(scribe: FileScribe, talk: NDArray[np.float32]) -> None:
    """A recording that was cancelled makes room at once, and the next is read."""
    file = encoded(talk, form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    async with asyncio.TaskGroup() as tasks:
        unwanted = tasks.create_task(scribe.transcribe(file, Wish()))
        await asyncio.sleep(0)
        unwanted.cancel()
    file = encoded(talk, form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    assert len((await scribe.transcribe(file, Wish())).segments) == len(LINES)


async def test_a_call_comes_before_a_recording(
    scribe: FileScribe, hearing: Hearing, talk: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a call says while a long recording is read is answered before the recording goes on."""
    order: list[str] = []
    read = hearing.read

    def tell_call(answer: Answer) -> None:
        order.append("call")

    def read_and_interrupt(request: Request, tell: Tell) -> None:
        """The first piece of the recording brings a call with it that has three things to say."""
        order.append(f"piece {request.piece}")
        read(request, tell)
        if request.piece == 0:
            for utterance in range(3):
                call = Request(
                    call_id="call",
                    utterance_id=utterance,
                    piece=0,
                    urgency=Urgency.FINAL,
                    samples=talk[: 3 * MIC_RATE_HZ],
                    heard_to_sample=0,
                )
                read(call, tell_call)

    monkeypatch.setattr(hearing, "read", read_and_interrupt)
    file = encoded(np.tile(talk, 2), form="wav", codec="pcm_s16le", rate_hz=16_000, layout="mono")
    transcription = await scribe.transcribe(file, Wish())
    assert len(transcription.segments) == 2 * len(LINES)
    assert order[0] == "piece 0" and order.index("piece 2") > 4
    assert order[-1] == "piece 5"


async def test_the_official_client_is_answered_by_the_real_agent(tmp_path: Path, talk: NDArray[np.float32]) -> None:
    """From an uploaded file to the words, with nothing scripted; a file that is none is a clear mistake."""
    file = encoded(talk, form="flac", codec="flac", rate_hz=44_100, layout="stereo")
    with running_agent(tmp_path, AGENT_API__KEYS=f'["{KEY}"]') as agent:
        async with AsyncOpenAI(api_key=KEY, base_url=f"{agent.url}/v1", max_retries=0) as client:
            read = await client.audio.transcriptions.create(model="whisper-1", file=("talk.flac", file.getvalue()))
            assert units(read.text) == units(" ".join(LINES))
            assert [model.id async for model in client.models.list()] == ["whisper-1"]
            events = await client.audio.transcriptions.create(
                model="whisper-1", file=("talk.flac", file.getvalue()), stream=True
            )
            assert [event.type async for event in events] == [*3 * ["transcript.text.delta"], "transcript.text.done"]
            with pytest.raises(BadRequestError, match="holds no sound"):
                await client.audio.transcriptions.create(model="whisper-1", file=("talk.txt", b"Where is my order?"))
