"""An agent whose settings know no emotion: nothing that could read it is loaded, asked for, or agreed to."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent.app.customer import open_call
from agent.core.consent import EMOTION, Choice
from tests.app.test_consent_gates import FEELING, runs
from tests.media_made import make_face_clip
from tests.serving import RunningAgent, running_agent

pytestmark = pytest.mark.timeout(240)

OFF = {"AGENT_PRIVACY__EMOTION": "false"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    with running_agent(tmp_path_factory.mktemp("agent"), **OFF) as running:
        yield running


async def test_no_model_of_emotion_is_open(agent: RunningAgent) -> None:
    """Of all models that the agent has opened, in any process, none could read a face or a feeling."""
    opened = (await runs(agent)).keys()
    assert "palm_detection" in opened and "sentence_embedding" in opened
    assert not opened & FEELING


async def test_the_notice_does_not_ask_and_nobody_can_agree(agent: RunningAgent) -> None:
    """There are two ways on, and who sends the choice of another agent's notice agrees to the rest of it."""
    async with httpx.AsyncClient(base_url=agent.url) as client:
        notice = (await client.get("/api/notice")).json()
    assert [choice["choice"] for choice in notice["choices"]] == ["without_emotion", "leave"]
    ticket = await open_call(agent.url, Choice.AGREE)
    assert set(ticket.purposes) == {"speech", "gesture"} and not set(ticket.purposes) & EMOTION


def test_a_file_is_analysed_without_emotion_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same switch holds for `agent analyse`: a face in the clip leaves no signal of it."""
    for name, value in OFF.items():
        monkeypatch.setenv(name, value)
    clip, out = make_face_clip(tmp_path / "clip.mkv", seconds=1.0), tmp_path / "signals.jsonl"
    command = [sys.executable, "-m", "agent.app", "analyse", str(clip), "--out", str(out)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kinds = {json.loads(line)["kind"] for line in out.read_text().splitlines()}
    assert not kinds & {"face", "expression", "affect", "voice_emotion", "text_emotion", "scene"}
