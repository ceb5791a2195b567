"""A speech endpoint of OpenAI's form on loopback, which speaks with our own voice and can be told to misbehave."""

import io
import socket
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from agent.synthesis.voice import PiperVoice, Style


class Wanted(BaseModel):
    model: str
    voice: str
    input: str
    response_format: str
    speed: float


class SpeechEndpoint:
    """Answers as `fault` says, "" being well; remembers what was asked of it."""

    def __init__(self, voice: PiperVoice) -> None:
        self.url = ""
        self.fault = ""
        self.go_on = threading.Event()
        self.asked: list[Wanted] = []
        self.keys: list[str] = []
        self._voice = voice
        self._spoken: dict[tuple[str, float], bytes] = {}
        self.app = FastAPI()
        self.app.post("/v1/audio/speech")(self.speak)

    def speak(self, wanted: Wanted, request: Request) -> Response:
        self.asked.append(wanted)
        self.keys.append(request.headers.get("authorization", ""))
        match self.fault:
            case "status":
                raise HTTPException(500, "out of order")
            case "slow":
                time.sleep(1.0)
            case "garbage":
                return Response(b"\x07garbage" * 500, media_type="audio/wav")
            case "words":
                return Response(b'{"error": "no such voice"}', media_type="application/json")
            case "nothing":
                return Response(b"", media_type="audio/wav")
            case "trickle":
                return StreamingResponse(_trickle(bytes(200)), media_type="audio/wav")
        pcm = self._pcm(wanted.input, wanted.speed)
        if self.fault in ("held", "breaks off"):
            return StreamingResponse(self._in_two(pcm), media_type=f"audio/pcm;rate={self._voice.rate_hz}")
        if wanted.response_format == "pcm":
            return Response(pcm, media_type=f"audio/pcm;rate={self._voice.rate_hz}")
        body = _wav(pcm, self._voice.rate_hz)
        match self.fault:
            case "half a file":
                return Response(body[: len(body) // 2], media_type="audio/wav")
            case "half a body":
                headers = {"content-length": str(len(body))}
                return StreamingResponse(iter([body[: len(body) // 2]]), media_type="audio/wav", headers=headers)
        return Response(body, media_type="audio/wav")

    def _in_two(self, pcm: bytes) -> Iterator[bytes]:
        """The first half at once, in odd pieces; the second once `go_on` is set, or an end that comes too early."""
        half = len(pcm) // 2
        for start in range(0, half, 4_001):
            yield pcm[start : min(half, start + 4_001)]
        self.go_on.wait(10)
        if self.fault == "breaks off":
            raise ConnectionError("on purpose")
        yield pcm[half:]

    def _pcm(self, text: str, rate: float) -> bytes:
        """Far quieter than our own voice; made once for each text and rate."""
        if (text, rate) not in self._spoken:
            samples = np.clip(self._voice.synthesize(text, Style(rate=rate)), -1, 1)
            self._spoken[text, rate] = (0.2 * samples * 32_767).astype("<i2").tobytes()
        return self._spoken[text, rate]


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(pcm)
    return file.getvalue()


def _trickle(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 2):
        yield body[start : start + 2]
        time.sleep(0.05)


@contextmanager
def serving(endpoint: SpeechEndpoint) -> Iterator[SpeechEndpoint]:
    """Serves on a free port for as long as the context is open."""
    listener = socket.create_server(("127.0.0.1", 0))
    endpoint.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    config = uvicorn.Config(endpoint.app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="speech endpoint")
    thread.start()
    try:
        yield endpoint
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
