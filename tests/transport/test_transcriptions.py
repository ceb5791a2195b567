"""Programs that show a key get the words of a recording in the form they ask for, and mistakes in OpenAI's form."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import APIError, AsyncOpenAI, AuthenticationError, NotFoundError

from agent.core.errors import AtCapacity, NotMedia, RequestRejected
from agent.transport.scribe import Segment, Transcription
from agent.transport.subtitles import Form, written
from agent.transport.transcriptions import PATH
from tests.transport.conftest import API_KEY, ScriptedScribe

AUTHORISED = {"Authorization": f"Bearer {API_KEY}"}
FILE = {"file": ("talk.wav", b"RIFF", "audio/wav")}


async def post(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await client.post(PATH, headers=AUTHORISED, files=FILE, data=fields)


async def test_the_official_client_reads_the_words(address: str, scribe: ScriptedScribe) -> None:
    """OpenAI's own client needs nothing but another address; what it sends reaches the scribe."""
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1") as client:
        answer = await client.audio.transcriptions.create(
            model="whisper-1", file=("talk.wav", b"RIFF"), language="en", prompt="headphones", temperature=0.2
        )
        verbose = await client.audio.transcriptions.create(
            model="whisper-1", file=("talk.wav", b"RIFF"), response_format="verbose_json"
        )
    assert answer.text == "Hello there. 5 < 6 --> yes & no."
    assert verbose.segments is not None
    assert [(segment.start, segment.end) for segment in verbose.segments] == [(0.5, 2.25), (3_723.0, 3_724.5)]
    (sent, wish), _ = scribe.asked
    assert (sent, wish.language, wish.prompt, wish.temperature) == (b"RIFF", "en", "headphones", 0.2)


async def test_the_official_client_chooses_among_the_models_that_are_listed(
    address: str, scribe: ScriptedScribe
) -> None:
    """Every model that is listed is taken; of one that is not the client learns that there is none."""
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1", max_retries=0) as client:
        names = [model.id async for model in client.models.list()]
        assert names == list(scribe.models) == [(await client.models.retrieve(name)).id for name in names]
        for name in names:
            assert (await client.audio.transcriptions.create(model=name, file=("talk.wav", b"RIFF"))).text
        with pytest.raises(NotFoundError, match="gpt-4o-transcribe") as told:
            await client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("talk.wav", b"RIFF"))
        assert (told.value.code, told.value.param) == ("model_not_found", "model")
        with pytest.raises(NotFoundError):
            await client.models.retrieve("gpt-4o-transcribe")
    assert len(scribe.asked) == len(names)


async def test_the_official_client_learns_when_words_were_said(address: str) -> None:
    """Words, segments or both are listed as they were asked for; segments when nothing was said of it."""
    both: list[list[Literal["word", "segment"]]] = [["word"], ["word", "segment"]]
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1") as client:
        for wanted in both:
            read = await client.audio.transcriptions.create(
                model="whisper-1",
                file=("talk.wav", b"RIFF"),
                response_format="verbose_json",
                timestamp_granularities=wanted,
            )
            assert read.words is not None
            assert [(word.word, word.start, word.end) for word in read.words] == [
                ("Hello", 0.5, 2.25),
                ("5", 3_723.0, 3_724.5),
            ]
            assert bool(read.segments) == ("segment" in wanted)


async def test_the_official_client_reads_words_as_they_come(address: str, scribe: ScriptedScribe) -> None:
    """The first segment arrives while the rest is still being read; the last event has everything."""
    scribe.waits = asyncio.Event()
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1") as client:
        events = await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", b"RIFF"), stream=True)
        first = await anext(events)
        assert first.type == "transcript.text.delta"
        assert first.delta == "Hello there."
        scribe.waits.set()
        second, last = [event async for event in events]
        assert second.type == "transcript.text.delta"
        assert last.type == "transcript.text.done"
        assert first.delta + second.delta == last.text == "Hello there. 5 < 6 --> yes & no."


async def test_the_official_client_raises_what_goes_wrong_within_a_stream(address: str, scribe: ScriptedScribe) -> None:
    """The status has been sent by then, so the error comes as an event."""
    scribe.fails = NotMedia("this file holds no sound")
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1") as client:
        events = await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", b"RIFF"), stream=True)
        with pytest.raises(APIError, match="this file holds no sound"):
            _ = [event async for event in events]


async def test_who_leaves_a_stream_is_not_worked_for(address: str, scribe: ScriptedScribe) -> None:
    """A client that stops listening cancels its recording."""
    scribe.waits = asyncio.Event()
    async with AsyncOpenAI(api_key=API_KEY, base_url=f"http://{address}/v1") as client:
        events = await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", b"RIFF"), stream=True)
        await anext(events)
        await events.close()
    assert await asyncio.wait_for(scribe.cancelled.wait(), 10)


async def test_the_official_client_understands_a_wrong_key(address: str, scribe: ScriptedScribe) -> None:
    """A key that is none is refused before the recording is looked at, as the error that the client knows."""
    async with AsyncOpenAI(api_key="some-other-key-0", base_url=f"http://{address}/v1", max_retries=0) as client:
        with pytest.raises(AuthenticationError, match="no valid API key"):
            await client.audio.transcriptions.create(model="whisper-1", file=("talk.wav", b"RIFF"))
    assert scribe.asked == []


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("text", "Hello there. 5 < 6 --> yes & no.\n"),
        (
            "srt",
            "1\n00:00:00,500 --> 00:00:02,250\nHello there.\n\n"
            "2\n01:02:03,000 --> 01:02:04,500\n5 < 6 --> yes & no.\n\n",
        ),
        (
            "vtt",
            "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nHello there.\n\n"
            "01:02:03.000 --> 01:02:04.500\n5 &lt; 6 --&gt; yes &amp; no.\n\n",
        ),
    ],
)
async def test_words_come_as_subtitles(client: httpx.AsyncClient, form: str, text: str) -> None:
    """SubRip counts from one and has commas; WebVTT has points and no markup in its words."""
    answer = await post(client, response_format=form)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["cache-control"] == "no-store"


@given(start_ms=st.integers(0, 400_000_000), text=st.text(max_size=80))
def test_any_words_fit_into_any_form(start_ms: int, text: str) -> None:
    """Whatever was said and whenever: WebVTT stays one cue, and every form can be written."""
    segment = Segment(
        start_s=start_ms / 1_000, end_s=start_ms / 1_000 + 1, text=text, mean_token_logprob=-1, no_speech_prob=0
    )
    transcription = Transcription(language="en", duration_s=0.0, segments=(segment,))
    cues = {form: bytes(written(transcription, form).body).decode() for form in Form}
    assert cues[Form.VTT].count("-->") == 1


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "docx"}, "response_format"),
        ({"language": "../etc"}, "language"),
        ({"temperature": "7"}, "temperature"),
        ({"prompt": "x" * 5_000}, "prompt"),
        ({"temperature": "1.5"}, "temperature"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities"),
        ({"timestamp_granularities[]": "letter", "response_format": "verbose_json"}, "timestamp_granularities"),
        ({"stream": "perhaps"}, "stream"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
    ],
)
async def test_a_field_that_cannot_be_is_named(
    client: httpx.AsyncClient, scribe: ScriptedScribe, fields: dict[str, str], param: str
) -> None:
    """The answer is a 400 that names the field, and nothing is read."""
    answer = await post(client, **fields)
    assert (answer.status_code, answer.json()["error"]["param"], scribe.asked) == (400, param, [])
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_form_without_a_recording_is_refused(client: httpx.AsyncClient) -> None:
    """So is a body that is no form, and a form that breaks off."""
    for body in ({"data": {"model": "x"}}, {"content": b"RIFF"}):
        answer = await client.post(PATH, headers=AUTHORISED, **body)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    headers = AUTHORISED | {"Content-Type": "multipart/form-data"}
    answer = await client.post(PATH, headers=headers, content=b"--x\r\nbroken")
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_that_is_too_large_is_refused(
    client: httpx.AsyncClient, scribe: ScriptedScribe, announced: bool
) -> None:
    """Whether it says how large it is or not, no more of it is read than may be."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body = head + bytes(300_000) + b"\r\n--x--\r\n"

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    headers = AUTHORISED | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await client.post(PATH, headers=headers, content=body if announced else in_parts())
    assert (answer.status_code, answer.json()["error"]["code"], scribe.asked) == (413, "file_too_large", [])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotMedia("this file holds no sound"), 400, "invalid_file"),
        (RequestRejected("too long", param="file", code="too_long"), 400, "too_long"),
        (AtCapacity("four wait already", retry_after_s=20), 429, "rate_limit_exceeded"),
    ],
)
async def test_what_goes_wrong_is_told_in_the_form_that_clients_know(
    client: httpx.AsyncClient, scribe: ScriptedScribe, error: Exception, status: int, code: str
) -> None:
    """A bad file, a recording that is too long and a full queue each have their status and their word."""
    scribe.fails = error  # type: ignore[assignment]
    answer = await post(client)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"] == str(error)
    assert ("retry-after" in answer.headers) == (status == 429)


async def test_a_fault_of_ours_quotes_nothing(
    client: httpx.AsyncClient, scribe: ScriptedScribe, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody foresaw is a 500 that tells nothing of the recording, here or in the log."""
    scribe.fails = ValueError("I live at 12 Elm Street")  # type: ignore[assignment]
    answer = await post(client)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert "Elm" not in answer.text + caplog.text


async def test_who_goes_away_is_not_worked_for(address: str, scribe: ScriptedScribe) -> None:
    """A client that closes its connection cancels its recording."""
    scribe.waits = asyncio.Event()
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=0.5) as client:
        with pytest.raises(httpx.ReadTimeout):
            await post(client)
    assert await asyncio.wait_for(scribe.cancelled.wait(), 10)


@pytest.mark.parametrize("api_keys", [()])
async def test_without_a_key_nobody_may_ask(client: httpx.AsyncClient, scribe: ScriptedScribe) -> None:
    """The routes are off by default, and say how they are switched on."""
    for answer in (await post(client), await client.get("/v1/models", headers=AUTHORISED)):
        assert (answer.status_code, scribe.asked) == (404, [])
        assert "api.keys" in answer.json()["error"]["message"]


@pytest.mark.parametrize("api_keys", [("sha256:" + hashlib.sha256(API_KEY.encode()).hexdigest(),)])
async def test_a_key_may_be_kept_as_its_digest(client: httpx.AsyncClient) -> None:
    """Who reads the settings file does not learn the key: the digest itself opens nothing."""
    assert (await post(client)).status_code == 200
    digest = "sha256:" + hashlib.sha256(API_KEY.encode()).hexdigest()
    answer = await client.post(PATH, headers={"Authorization": f"Bearer {digest}"}, files=FILE)
    assert answer.status_code == 401
