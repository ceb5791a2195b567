"""Staff cannot be analysed: nothing that carries their picture, voice or words leads to a model."""

import ast
import asyncio
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from av import VideoFrame
from websockets.asyncio.client import ClientConnection

import agent
from agent.app.customer import Customer, open_call
from agent.core.consent import Choice
from agent.core.speech import SpeechChunk
from agent.core.types import read_only
from agent.media.caller import CameraTrack
from agent.media.clips import ArraySource
from agent.media.speaker import Speaker
from benchmarks.face import face_picture
from tests.app.test_staff_on_calls import connected, said, staff
from tests.media_made import OwnVoice
from tests.serving import running_agent, until

PACKAGE = Path(agent.__file__).parent
FEEDS = {
    ("vision", "submit"): {"app/sight.py"},
    ("hearing", "push"): {"app/call.py"},
    ("hearing", "read"): {"app/calibration.py"},
    ("_hearing", "read"): {"app/scribe.py"},
}
"""Where pictures and sound are handed to models, by whom: the customer's tracks, sound of the program's own voice that
is measured with, and files that programs send to have their words read."""
STAFF_MEDIA = {"set_voice_track", "set_staff_video"}


def _callers(owner: str, method: str) -> set[str]:
    """Modules with `owner.method(…)` or `….owner.method(…)` in them."""
    call = re.compile(rf"\b{owner}\.{method}\(")
    return {str(path.relative_to(PACKAGE)) for path, text in _texts().items() if call.search(text)}


def _naming(*words: str) -> list[Path]:
    """Modules in which one of the words stands anywhere; the rest need not be taken apart."""
    return [path for path, text in _texts().items() if any(word in text for word in words)]


@cache
def _texts() -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_texts()[path])


def test_pictures_and_sound_reach_models_from_the_customers_tracks_alone() -> None:
    """A new place that hands media to models fails here, and has to say whose it is."""
    assert {call: _callers(*call) for call in FEEDS} == FEEDS


def test_what_staff_sends_is_only_ever_sent_on_to_the_customer() -> None:
    """The slots for a member of staff are outgoing: whoever fills them has no model at hand."""
    peer = _tree(PACKAGE / "media" / "peer.py")
    methods = {node.name: node for node in ast.walk(peer) if isinstance(node, ast.FunctionDef)}
    for name in STAFF_MEDIA:
        calls = [node.func for node in ast.walk(methods[name]) if isinstance(node, ast.Call)]
        assert [call.attr for call in calls if isinstance(call, ast.Attribute)] == ["switch"]
    users = {path for path in _naming(*STAFF_MEDIA) if path.name != "peer.py" and _names(path) & STAFF_MEDIA}
    assert not {path.name for path in users if {"vision", "hearing", "perception"} & _names(path)}


def test_what_is_recorded_comes_from_the_customers_connection_alone() -> None:
    """One place listens to frames as they come, and is given the relays of the customer's peer; those of who stands in
    are relays of a link of staff, which it does not know."""
    recorder = PACKAGE / "app" / "call_recorder.py"
    assert _naming("relay.listener", ".listener = partial") == [recorder]
    assert _naming("MediaRecorder(") == [recorder]
    assert _texts()[recorder].count("peer.relays") == 1
    assert not {"incoming", "StaffLink", "staff", "speaker"} & _names(recorder)
    assert [path.name for path in _naming("recorder_for(") if path != recorder] == ["call_parts.py"]


@cache
def _names(path: Path) -> set[str]:
    """All names and attributes of a module."""
    tree = _tree(path)
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_only_what_customers_say_and_type_is_read_for_emotion() -> None:
    """`feel` is called for a customer's transcript and chat line, and by nobody else."""
    assert {path for path in _naming("feel") if "feel" in _names(path)} == {PACKAGE / "app" / "customers_words.py"}


@pytest.mark.timeout(120)
async def test_a_person_with_a_face_who_speaks_for_seconds_is_read_by_no_model(tmp_path: Path) -> None:
    """While they stand in, no frame is counted but the customer's own, no face is seen in those, and nothing that they
    say is written down; they are on the customer's screen all the while."""
    speech = OwnVoice().speak("I would like to send back my order. I bought it in spring, and it came broken.")
    signals: list[dict[str, Any]] = []
    with running_agent(tmp_path) as running:
        wall = ArraySource(lambda index: np.full((480, 640, 3), 90, np.uint8), fps=10)
        customer = Customer(running.url, await open_call(running.url, Choice.AGREE), frames=wall)
        call_id, voice = customer.ticket.call_id, Speaker()
        async with customer.caller.call(), staff(running) as client, running.watching() as socket:
            await socket.send(json.dumps({"type": "watch", "call_id": call_id, "pictures": False}))
            person = CameraTrack(ArraySource(face_picture, fps=15))
            async with (
                asyncio.TaskGroup() as tasks,
                connected(client, f"/stand-in/{call_id}", voice, person),
            ):
                collecting = tasks.create_task(_collect(socket, signals))
                await until(lambda: customer.seen.states[-1:] == ["taken_over"], 10, "a person has the call")
                await voice.play(SpeechChunk(samples=read_only(speech), rate_hz=22_050, text="", last=True))
                await voice.idle.wait()
                picture = await _received(customer)
                frames = await _frames_received(client)
                collecting.cancel()
        assert int(np.ptp(picture.to_ndarray(format="gray"))) > 100, "the customer sees the person, not a wall"
        assert person.frames > 20 and 0 < frames <= customer.caller.camera.frames  # type: ignore[union-attr]
        assert {"voice", "health"} <= {signal["kind"] for signal in signals}
        assert not [signal for signal in signals if signal["kind"] in ("transcript", "intent", "voice_emotion")]
        assert not [face for signal in signals if signal["kind"] == "face" for face in signal["value"]["faces"]]
        assert not said(customer, "customer")


async def _received(customer: Customer) -> VideoFrame:
    """What the customer sees."""
    tracks = [one.receiver.track for one in customer.caller._connection.getTransceivers() if one.kind == "video"]
    async with asyncio.timeout(10):
        frame = await tracks[0].recv()
    assert isinstance(frame, VideoFrame)
    return frame


async def _frames_received(client: httpx.AsyncClient) -> float:
    """Camera frames of which the agent noticed anything."""
    metrics = (await client.get("/metrics")).text
    return max(
        float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("agent_frames_received_total")
    )


async def _collect(socket: ClientConnection, signals: list[dict[str, Any]]) -> None:
    """Adds every signal that comes, until cancelled."""
    async for text in socket:
        message = json.loads(text)
        if message["type"] == "signal":
            signals.append(message["signal"])
