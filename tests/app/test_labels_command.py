"""`agent labels export`: all labels to measure by, and lines to learn from only of those who agreed to that."""

import asyncio
import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.settings import Settings, load_settings
from agent.storage.afterwards import Afterwards, Marked
from agent.storage.calls import CallStore
from agent.storage.data_keys import archive_of, open_keyring
from tests.past_calls import SAID, Past, record

pytestmark = pytest.mark.timeout(90)

AGREED = Past(id="agreed", purposes=frozenset({Purpose.TRAINING}))
NOT_AGREED = Past(id="not_agreed")
INTENT = Marked(at_ms=2_000.0, kind="intent", read="order_status", right="refund")


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive of two calls, whose intents were labelled, one of them and an emotion as right."""
    monkeypatch.chdir(tmp_path)
    asyncio.run(_label(load_settings()))
    return tmp_path


async def _label(settings: Settings) -> None:
    clock, keyring = FakeClock(), await open_keyring(settings.storage)
    async with CallStore.opened(settings.storage, keyring, clock) as store:
        for past in (AGREED, NOT_AGREED):
            record(store, clock, past)
    async with archive_of(settings.storage) as engine:
        afterwards = Afterwards(engine, keyring)
        for past in (AGREED, NOT_AGREED):
            await afterwards.keep_label(past.id, 1.0, INTENT, by="staff:ada")
        right = Marked(at_ms=5_000.0, kind="emotion", read="anger", right="anger")
        await afterwards.keep_label("agreed", 2.0, right, by="staff:ada")


def export(*options: str) -> dict[str, object]:
    arguments = ["labels", "export", "--json", *options]
    result = CliRunner().invoke(build_app(arguments), arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, object] = json.loads(result.stdout)
    return told


def test_labels_are_all_there_to_measure_by(labelled: Path) -> None:
    """Of every call; words only of who agreed that labels are learnt from; a file for its owner alone."""
    told = export("--out", "labels.json")
    rows = json.loads((labelled / "labels.json").read_bytes())
    assert told["kinds"] == {"emotion": {"n": 1, "right": 1}, "intent": {"n": 2, "right": 0}}
    assert {(row["call"], row["kind"]): row["text"] for row in rows} == {
        ("agreed", "intent"): SAID, ("agreed", "emotion"): None, ("not_agreed", "intent"): None,
    }  # fmt: skip
    assert (labelled / "labels.json").stat().st_mode & 0o077 == 0


def test_only_who_agreed_is_learnt_from(labelled: Path) -> None:
    """As lines with what they meant, which a table of lines for training is made of."""
    assert export("--out", "lines.csv", "--lines")["rows"] == 1
    assert export("--out", "some.csv", "--for-training", "--kind", "emotion")["rows"] == 1
    text = (labelled / "lines.csv").read_text(encoding="utf-8-sig")
    assert list(csv.DictReader(text.splitlines())) == [{"text": SAID, "category": "refund"}]
