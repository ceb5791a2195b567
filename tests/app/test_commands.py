"""The command line says what is wrong in a sentence, and prints JSON and nothing else when asked to."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from agent.core.settings import Settings


def _agent(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent.app", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the models that a test may spoil."""
    copy = tmp_path / "models"
    shutil.copytree(Settings().models.folder, copy, ignore=shutil.ignore_patterns("export", "cards"))
    return copy


def test_settings_are_printed_as_one_json_object(tmp_path: Path) -> None:
    """`agent settings --json` shows the value in force, environment included."""
    done = _agent("settings", "--json", folder=tmp_path, AGENT_VISION__MAX_FACES="2")
    assert done.returncode == 0
    assert json.loads(done.stdout)["vision"]["max_faces"] == 2


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    """A typing mistake in agent.toml stops the command with the key's name and no traceback."""
    (tmp_path / "agent.toml").write_text("[vision]\nmax_face = 1\n")
    done = _agent("settings", folder=tmp_path)
    assert done.returncode == 1
    assert "vision.max_face" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.timeout(60)
def test_a_changed_model_is_found_and_stops_the_start(tmp_path: Path, models: Path) -> None:
    """One flipped byte: `models verify` names the file, and `serve` refuses to start with the remedy."""
    victim = models / "vision" / "face_landmark.onnx"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    where = {"AGENT_MODELS__FOLDER": str(models)}
    verified = _agent("models", "verify", "--json", folder=tmp_path, **where)
    assert verified.returncode == 1
    report = json.loads(verified.stdout)
    assert [model["name"] for model in report["models"] if not model["ok"]] == ["face_landmark"]
    served = _agent("serve", "--port", "0", folder=tmp_path, **where)
    assert served.returncode == 1
    assert "face_landmark.onnx" in served.stderr and "Traceback" not in served.stderr


@pytest.mark.timeout(60)
def test_a_missing_model_is_found(tmp_path: Path, models: Path) -> None:
    """A model file that is not there is named, with what to do."""
    (models / "vision" / "gesture.onnx").unlink()
    done = _agent("models", "verify", folder=tmp_path, AGENT_MODELS__FOLDER=str(models))
    assert done.returncode == 1
    assert "gesture.onnx" in done.stdout


@pytest.mark.timeout(60)
def test_serving_beyond_loopback_is_refused(tmp_path: Path) -> None:
    """Without encryption and accounts, an address that others can reach is an error, not a risk."""
    done = _agent("serve", "--host", "0.0.0.0", folder=tmp_path)
    assert done.returncode == 1
    assert "0.0.0.0" in done.stderr and "server.tls_certificate" in done.stderr


@pytest.mark.timeout(90)
def test_a_database_of_another_business_stops_the_start_in_sentences(tmp_path: Path) -> None:
    """The engine says what is wrong with it, the server that it did not start, and nobody prints a traceback."""
    with sqlite3.connect(tmp_path / "shop.sqlite3") as database:
        database.execute("CREATE TABLE customers (id TEXT PRIMARY KEY)")
    database.close()
    done = _agent("serve", "--port", "0", folder=tmp_path, AGENT_REPLY__DATABASE="shop.sqlite3")
    assert done.returncode == 1
    assert "shop.sqlite3 is not the shop's" in done.stderr and "reply engine did not start" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(90)
def test_what_cannot_hear_stops_the_start(tmp_path: Path) -> None:
    """What loads beside hearing ends with it, and one sentence says what is wrong."""
    done = _agent("serve", "--port", "0", folder=tmp_path, AGENT_HEARING__LANGUAGE="xx")
    assert done.returncode == 1
    assert "xx" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.timeout(60)
def test_a_file_that_is_no_media_is_refused(tmp_path: Path) -> None:
    """`agent analyse` on a text file says that it is none, and writes nothing."""
    clip = tmp_path / "notes.mp4"
    clip.write_text("this is not a video")
    done = _agent("analyse", str(clip), "--out", "signals.jsonl", folder=tmp_path)
    assert done.returncode == 1
    assert "notes.mp4" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "signals.jsonl").exists()


def _picture(path: Path) -> Path:
    """A clip of one grey picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 3, 1, "yuvj444p"
        frame = av.VideoFrame.from_ndarray(np.full((1, 3, 3), 90, np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.timeout(90)
def test_what_an_analysis_writes_is_whole(tmp_path: Path) -> None:
    """Signals and overlay of a clip, however small its pictures, are there at the end, and nothing else is."""
    clip = _picture(tmp_path / "3x1.mkv")
    written = ("--out", "signals.jsonl", "--overlay", "seen.mp4")
    done = _agent("analyse", str(clip), *written, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {"3x1.mkv", "signals.jsonl", "seen.mp4"}
    lines = [json.loads(line) for line in (tmp_path / "signals.jsonl").read_text().splitlines()]
    assert lines and {line["media_ms"] for line in lines} == {0}
    with av.open(str(tmp_path / "seen.mp4")) as seen:
        assert [(frame.width, frame.height) for frame in seen.decode(video=0)] == [(2, 2)]


@pytest.mark.timeout(90)
def test_a_clip_that_breaks_leaves_nothing_half_written(tmp_path: Path) -> None:
    """What was written before stays as it was when the clip turns out not to be readable."""
    clip = _picture(tmp_path / "broken.mkv")
    content = clip.read_bytes()
    begins, ends = content.index(b"\xff\xd8\xff"), content.rindex(b"\xff\xd9")
    clip.write_bytes(content[:begins] + bytes(ends - begins) + content[ends:])
    (tmp_path / "signals.jsonl").write_text("of an earlier clip")
    done = _agent("analyse", str(clip), "--out", "signals.jsonl", "--overlay", "seen.mp4", folder=tmp_path)
    assert done.returncode == 1
    assert "broken.mkv" in done.stderr and "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"broken.mkv", "signals.jsonl"}
    assert (tmp_path / "signals.jsonl").read_text() == "of an earlier clip"


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--out", "clip.mkv"), 2, "--out is the clip itself"),
        (("--overlay", "clip.mkv"), 2, "--overlay is the clip itself"),
        (("--overlay", "seen.txt"), 2, ".mp4, .mov, .mkv"),
        (("--overlay", "a.mp4", "--out", "a.mp4"), 2, "the same file"),
        (("--out", "absent/signals.jsonl"), 1, "cannot be written"),
        (("--overlay", "absent/seen.mp4"), 1, "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_written_to(tmp_path: Path, options: tuple[str, ...], code: int, says: str) -> None:
    """It is refused before the work, in a sentence, and the clip stays as it is."""
    clip = _picture(tmp_path / "clip.mkv")
    content = clip.read_bytes()
    done = _agent("analyse", "clip.mkv", *options, folder=tmp_path)
    assert done.returncode == code
    assert says in " ".join(done.stderr.replace("│", " ").split()) and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mkv"]
    assert clip.read_bytes() == content


def test_calling_where_no_agent_is_says_so(tmp_path: Path) -> None:
    """`agent call` at a closed port is a sentence that names the address."""
    done = _agent("call", "--url", "http://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr and "agent serve" in done.stderr


@pytest.mark.timeout(60)
@pytest.mark.parametrize("arguments", [("call", "--url", "127.0.0.1:8080"), ("trace", "--url", "nonsense")])
def test_what_is_no_address_is_not_called(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """An address without http:// is refused with an example, and not looked for."""
    done = _agent(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert "http://127.0.0.1:8080" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.timeout(60)
@pytest.mark.parametrize("arguments", [("explain",), ("recording", "0000", "--out", "call.mkv")])
def test_asking_for_calls_makes_no_archive(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """In the wrong folder, the command says where it looked, and leaves neither an archive nor keys behind."""
    done = _agent(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert "agent.sqlite3" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(60)
def test_the_doctor_runs_every_model(tmp_path: Path) -> None:
    """`agent doctor --json` opens and times all ONNX models and says where they run."""
    done = _agent("doctor", "--json", folder=tmp_path)
    diagnosis = json.loads(done.stdout)
    assert done.returncode == (0 if diagnosis["ok"] else 1)
    assert not [model for model in diagnosis["models"] if not model["ok"]]
    timed = {model["name"] for model in diagnosis["models"] if model["ms"] is not None}
    assert {"face_detection", "face_landmark", "expression", "gesture", "intent_shop", "voice_decoder"} <= timed
    assert diagnosis["providers"]
    precisions = {model["name"]: model["precision"] for model in diagnosis["models"]}
    assert (precisions["hand_landmark"], precisions["hand_landmark_int8"]) == ("float32", "int8")
