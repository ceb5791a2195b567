"""The privacy officer's documents say what the settings and the tables say, and nothing of theirs is left out."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.app.privacy_documents import TO_FILL_IN, impact_assessment, processing_record
from agent.app.processing import KEPT, recipients
from agent.core.settings import (
    LlmSettings,
    PrivacySettings,
    ReplySettings,
    RetentionSettings,
    Settings,
    StorageSettings,
    VoiceSettings,
)
from agent.storage import tables
from agent.storage.retention import OF_CALLS
from agent.transport.wording.words import KeptClass as ShownClass

Make = Callable[[Settings, date], str]
TODAY = date(2026, 11, 22)
ELSEWHERE = Settings(
    reply=ReplySettings(llm=LlmSettings(url="https://words.example/v1", model="m")),
    voice=VoiceSettings(backend="openai", url="https://voice.example/v1"),
    storage=StorageSettings(
        url="postgresql+asyncpg://agent:hidden-password@db.example/calls",
        mongo_url=SecretStr("mongodb://agent:hidden-password@mongo.example/agent"),
    ),
)


def test_every_table_stands_in_exactly_one_class() -> None:
    """A table that is added without saying what it holds, why and for how long fails here."""
    named = [table.name for kept in KEPT for table in kept.tables]
    assert sorted(named) == sorted(tables.metadata.tables)


def test_each_class_is_kept_as_long_as_its_tables_really_are() -> None:
    """The setting that the documents name is the one by which the daily job takes the rows away."""
    told = {table: kept.retention for kept in KEPT for table in kept.tables}
    assert {table: name for name, of_calls in OF_CALLS.items() for table in of_calls}.items() <= told.items()
    assert {kept.retention for kept in KEPT} - {None} <= RetentionSettings.model_fields.keys()
    assert all(kept.until for kept in KEPT if kept.retention is None)


def test_what_customers_are_told_of_is_what_is_kept_of_them() -> None:
    """Every class that the notice names has days in the settings, and every one that is sealed is in the notice."""
    shown = {f"{name}_days" for name in get_args(ShownClass)}
    assert shown <= RetentionSettings.model_fields.keys()
    assert {kept.retention for kept in KEPT if kept.sealed} <= shown


def test_the_record_names_days_purposes_and_tables() -> None:
    """Everything that is kept stands in it with the days in force."""
    settings = Settings(retention=RetentionSettings(signals_days=11), privacy=PrivacySettings(controller="Shop Ltd"))
    record = processing_record(settings, TODAY)
    assert "Shop Ltd" in record and "2026-11-22" in record
    assert all(f"`{name}`" in record for name in tables.metadata.tables)
    assert "11 days" in next(line for line in record.splitlines() if line.startswith("| signals"))
    assert "| expression |" in record and "and so never done: replay, recording, training." in record


@pytest.mark.parametrize("make", [processing_record, impact_assessment])
def test_without_emotion_the_documents_name_no_purpose_of_it(make: Make) -> None:
    """What is never done is said to be never done."""
    document = make(Settings(privacy=PrivacySettings(emotion=False)), TODAY)
    assert "| expression |" not in document and "| voice_emotion |" not in document
    assert "never done: expression, voice_emotion, text_emotion, replay, recording" in document


@pytest.mark.parametrize("make", [processing_record, impact_assessment])
def test_recordings_are_told_of_where_they_may_be_made(make: Make) -> None:
    """With their purpose, folder and days; elsewhere that nothing is recorded."""
    storage = StorageSettings(recordings=Path("/srv/recordings"))
    recorded = make(Settings(privacy=PrivacySettings(emotion=False, recording=True), storage=storage), TODAY)
    assert "| recording |" in recorded and "`/srv/recordings`" in recorded and "nothing is recorded" not in recorded
    assert "30 days" in next(line for line in recorded.splitlines() if line.startswith("| recordings |"))
    usual = make(Settings(), TODAY)
    assert "| recording |" not in usual and "nothing is recorded (`privacy.recording = false`)" in usual


@pytest.mark.parametrize("make", [processing_record, impact_assessment])
def test_who_else_gets_data_is_named_by_host_and_never_with_a_password(make: Make) -> None:
    """An address in the settings is a recipient; its credentials are nobody's business."""
    document = make(ELSEWHERE, TODAY)
    assert all(f"{host}.example" in document for host in ("words", "voice", "db", "mongo"))
    assert "hidden-password" not in document
    assert [one.setting for one in recipients(Settings())] == []


def test_what_only_the_operator_knows_is_marked() -> None:
    """The assessment does not answer for them."""
    document = impact_assessment(Settings(), TODAY)
    assert document.count(TO_FILL_IN) > 15
    assert "## Risks" in document and "## Decision" in document


def test_the_commands_write_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To standard output, or to a file."""
    monkeypatch.chdir(tmp_path)
    app = build_app(["privacy"])
    shown = CliRunner().invoke(app, ["privacy", "record"])
    assert shown.exit_code == 0 and shown.stdout.startswith("# Record of processing")
    written = CliRunner().invoke(app, ["privacy", "dpia", "--out", "dpia.md"])
    assert written.exit_code == 0 and (tmp_path / "dpia.md").read_text().startswith("# Data protection impact")
