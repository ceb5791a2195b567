"""Settings come from file and environment, and a mistake in them names the key."""

from pathlib import Path

import pytest

from agent.core.consent import Choice
from agent.core.errors import SettingsError
from agent.core.settings import HearingSettings, PrivacySettings, load_settings


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


@pytest.mark.parametrize(
    "content", [b"[server\nport", b'[server]\nhost = "\xff"\n', b"x = " + b"9" * 5_000, b"x = " + b"[" * 5_000]
)
def test_a_file_that_is_no_toml_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    """A broken file is an error of the file, not a traceback of the parser, however it is broken."""
    (tmp_path / "agent.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"agent\.toml"):
        load_settings()


def test_a_variable_that_is_no_json_names_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are JSON there; what is not says so instead of blaming the file."""
    monkeypatch.setenv("AGENT_API__KEYS", "a-key-of-the-tests")
    with pytest.raises(SettingsError, match=r"\"api\".*JSON"):
        load_settings()


def test_a_vocabulary_is_of_one_language() -> None:
    """A call in another language is heard without it, and with everything else as it was set."""
    settings = HearingSettings(language="en", vocabulary="The kettle.", max_silence_ms=900)
    assert settings.in_language("en") == settings
    other = settings.in_language("zh")
    assert (other.language, other.vocabulary, other.max_silence_ms) == ("zh", "", 900)


def test_without_emotion_nothing_can_be_set_that_reads_it(tmp_path: Path) -> None:
    """One switch turns off faces and the tone of voices wherever models are opened, whatever else is set."""
    senses = "[vision]\nmax_faces = 2\n[hearing]\nemotion = true\n"
    (tmp_path / "agent.toml").write_text(f"[privacy]\nemotion = false\n{senses}")
    settings = load_settings()
    assert (settings.vision.max_faces, settings.hearing.emotion) == (0, False)
    assert settings.privacy.asked().choices == (Choice.WITHOUT_EMOTION,)
    (tmp_path / "agent.toml").write_text(senses)
    assert (load_settings().vision.max_faces, load_settings().hearing.emotion) == (2, True)


def test_a_business_can_have_less_asked_of_its_customers_and_never_more() -> None:
    """Its wish counts only where emotion is read at all."""
    assert PrivacySettings(emotion=True).asked(emotion=False).emotion is False
    assert PrivacySettings(emotion=False).asked(emotion=True).emotion is False
