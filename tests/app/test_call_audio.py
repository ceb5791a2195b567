"""`agent call --audio` takes a question from the files that people have, and says so where a file holds no sound."""

import asyncio
import json
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, AudioStream
from numpy.typing import NDArray

from agent.media.clips import read_speech
from tests.media_made import OwnVoice
from tests.serving import RunningAgent, running_agent

RATE_HZ = 44_100
QUESTION = "Where is my order?"
FILES = {"stereo.wav": "pcm_s16le", "mono.wav": "pcm_s16le", "stereo.flac": "flac", "mono.mp3": "libmp3lame"}
CALLED_WITH = ("stereo.wav", "mono.mp3")
STAYS_S = 22
"""The greeting, the question, and its answer on a busy machine."""


@pytest.fixture(scope="module")
def voice() -> OwnVoice:
    return OwnVoice()


def _write(path: Path, codec: str, speech: NDArray[np.float32], rate_hz: int) -> Path:
    """(n,) speech as a file of 44.1 kHz, with the channels that its name says."""
    channels = np.tile(speech, (2 if path.stem == "stereo" else 1, 1))
    given = AudioFrame.from_ndarray(channels, format="fltp", layout=path.stem)
    given.sample_rate, given.time_base = rate_hz, Fraction(1, rate_hz)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ, layout=path.stem)
        assert isinstance(stream, AudioStream)
        for frame in (given, None):
            container.mux(stream.encode(frame))
    return path


async def _call(url: str, file: Path) -> tuple[int, str, str]:
    """Exit status, output and complaints of `agent call`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agent.app", "call", "--url", url, "--audio", str(file)),
        *("--seconds", str(STAYS_S), "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await process.communicate()
    return process.returncode or 0, output.decode(), complaints.decode()


@pytest.mark.parametrize("name", FILES)
def test_any_usual_file_is_read_whole_and_as_loud_as_it_is(tmp_path: Path, voice: OwnVoice, name: str) -> None:
    """44.1 kHz in one or two channels, as WAV, FLAC or MP3, becomes the same speech at 48 kHz."""
    speech = voice.speak(QUESTION)
    chunk = read_speech(_write(tmp_path / name, FILES[name], speech, voice.rate_hz))
    assert chunk.rate_hz == 48_000
    length_s, padding_s = len(speech) / voice.rate_hz, 0.1
    assert length_s - 0.01 < len(chunk.samples) / chunk.rate_hz < length_s + padding_s
    energy = float(np.square(chunk.samples).sum()) / chunk.rate_hz
    assert energy == pytest.approx(float(np.square(speech).sum()) / voice.rate_hz, rel=0.2)


@pytest.mark.timeout(120)
async def test_a_question_in_a_file_is_understood_and_answered(tmp_path: Path, voice: OwnVoice) -> None:
    """Both customers, one with a stereo file and one with an MP3, are asked for their order's number."""
    speech = voice.speak(QUESTION)
    files = [_write(tmp_path / name, FILES[name], speech, voice.rate_hz) for name in CALLED_WITH]
    running = running_agent(tmp_path)
    agent: RunningAgent = await asyncio.to_thread(running.__enter__)
    try:
        calls = await asyncio.gather(*(_call(agent.url, file) for file in files))
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
    for file, (status, output, complaints) in zip(files, calls, strict=True):
        assert status == 0, f"{file.name}: {complaints}"
        report = json.loads(output)
        assert "order" in " ".join(report["customer_said"]).lower(), f"{file.name}: {report}"
        assert "number" in " ".join(report["agent_said"]), f"{file.name}: {report}"


async def test_a_file_without_sound_is_named_before_any_call_is_made(tmp_path: Path) -> None:
    """Text is no speech: the file is named, nothing is dialled, and there is no traceback."""
    file = tmp_path / "question.txt"
    file.write_text(QUESTION)
    status, _, complaints = await _call("http://127.0.0.1:1", file)
    assert status == 1
    assert "question.txt cannot be read" in complaints and "Traceback" not in complaints
