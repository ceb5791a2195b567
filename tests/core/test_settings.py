"""Settings come from file and environment, and a mistake in them names the key."""

from pathlib import Path

import pytest

from agent.core.errors import SettingsError
from agent.core.settings import HearingSettings, load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """agent.toml sets the port, an AGENT_ variable sets it otherwise, and what neither names keeps its default."""
    (tmp_path / "agent.toml").write_text("[server]\nport = 9001\n[vision]\nmax_faces = 2\n")
    monkeypatch.setenv("AGENT_SERVER__PORT", "9002")
    settings = load_settings()
    assert (settings.server.port, settings.vision.max_faces, settings.server.host) == (9002, 2, "127.0.0.1")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nprot = 1\n", "server.prot"),
        ("[servers]\nport = 1\n", "servers"),
        ("[server]\nport = 99999\n", "server.port"),
        ('[hearing]\nmin_silence_ms = "soon"\n', "hearing.min_silence_ms"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, named: str) -> None:
    """Unknown keys, values out of range and values of another type are refused by name."""
    (tmp_path / "agent.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        load_settings()


def test_a_file_that_is_no_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    """A broken file is an error of the file, not a traceback of the parser."""
    (tmp_path / "agent.toml").write_text("[server\nport")
    with pytest.raises(SettingsError, match=r"agent\.toml"):
        load_settings()


def test_a_vocabulary_is_of_one_language() -> None:
    """A call in another language is heard without it, and with everything else as it was set."""
    settings = HearingSettings(language="en", vocabulary="The kettle.", max_silence_ms=900)
    assert settings.in_language("en") == settings
    other = settings.in_language("zh")
    assert (other.language, other.vocabulary, other.max_silence_ms) == ("zh", "", 900)
