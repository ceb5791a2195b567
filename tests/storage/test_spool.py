"""The spool: batches in files that are whole or not there, in order, each process in a place of its own."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.errors import StoreError
from agent.core.settings.storage import StorageSettings
from agent.storage import states, tables
from agent.storage.pending import Pending
from agent.storage.spool import Spool, forget, spool_folder
from tests.storage.kept import seen

PLENTY = 2**20


def batch(*call_ids: str) -> Pending:
    """Rows of these calls, and the end of the last one."""
    made = Pending()
    for call_id in call_ids:
        made.add(tables.calls, {"id": call_id, "started_at": 1.5})
        made.add(tables.utterances, {"call_id": call_id, "text": b"\xff\x00", "typed": True})
    made.end(call_ids[-1], {"ended_at": 2.5, "ended_because": None})
    return made


def everything(spool: Spool) -> list[tuple[str, int, Pending]]:
    """Takes out all that waits."""
    found = []
    while (taken := spool.take()) is not None:
        name, rows = taken
        found.append((name.writer, name.number, rows))
        spool.put_down(written=True)
    spool.put_down(written=False)
    return found


def test_what_was_put_in_comes_out_in_order(tmp_path: Path) -> None:
    """Also by the next process, which knows whose batches and calls they are."""
    first = Spool.opened(tmp_path / "spool", PLENTY)
    for number in (9, 10, 11):
        first.append(number, batch(f"c{number}").encoded())
    assert first.waiting == 3
    first.close()
    second = Spool.opened(tmp_path / "spool", PLENTY)
    assert (second.dead, second.waiting, second.writer != first.writer) == ((first.writer,), 3, True)
    second.append(1, batch("new").encoded())
    assert everything(second) == [
        *((first.writer, number, batch(f"c{number}")) for number in (9, 10, 11)),
        (second.writer, 1, batch("new")),
    ]
    assert (second.size_bytes, list(tmp_path.glob("spool/*/*.rows"))) == (0, [])
    second.close()


def test_living_processes_never_share_a_place(tmp_path: Path) -> None:
    """A second process takes another place; once both have died the next one takes over what both left."""
    one, two = Spool.opened(tmp_path, PLENTY), Spool.opened(tmp_path, PLENTY)
    assert (one.dead, two.dead) == ((), ())
    one.append(1, batch("a").encoded())
    two.append(1, batch("b").encoded())
    two.close()
    three = Spool.opened(tmp_path, PLENTY)
    assert (three.dead, [writer for writer, _, _ in everything(three)]) == ((two.writer,), [two.writer])
    three.close()
    one.close()
    four = Spool.opened(tmp_path, PLENTY)
    assert set(four.dead) == {one.writer, two.writer, three.writer}
    assert [writer for writer, _, _ in everything(four)] == [one.writer]
    four.recovered()
    four.close()
    assert Spool.opened(tmp_path, PLENTY).dead == (four.writer,)


def test_batch_that_is_not_written_waits_on(tmp_path: Path) -> None:
    """Who puts a batch down without the database having it finds the same one again."""
    spool = Spool.opened(tmp_path, PLENTY)
    spool.append(1, batch("a").encoded())
    for _ in range(2):
        taken = spool.take()
        assert taken is not None and taken[1] == batch("a")
        spool.put_down(written=False)
    spool.close()


def test_half_a_file_and_a_damaged_one_stop_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was not yet whole when the process died is cleared away; what was damaged since is put aside, and said."""
    spool = Spool.opened(tmp_path, PLENTY)
    for number in (1, 2):
        spool.append(number, batch(f"c{number}").encoded())
    spool.close()
    damaged, _ = sorted(tmp_path.glob("0/*.rows"))
    damaged.write_bytes(damaged.read_bytes()[:-3])
    (tmp_path / "0" / "half.new").write_bytes(b"\x00")
    spool = Spool.opened(tmp_path, PLENTY)
    assert [rows for _, _, rows in everything(spool)] == [batch("c2")]
    spool.close()
    assert "put aside" in caplog.text
    assert {path.suffix for path in (tmp_path / "0").iterdir()} == {"", ".damaged"}


def test_calls_are_forgotten_beside_a_running_process(tmp_path: Path) -> None:
    """Their rows go from every file; those of others stay, and so does the order."""
    spool = Spool.opened(tmp_path, PLENTY)
    spool.append(1, batch("a", "b").encoded())
    spool.append(2, batch("b").encoded())
    assert forget(tmp_path, {"b"}) == 6
    assert forget(tmp_path / "nowhere", {"b"}) == 0
    left = batch("a")
    left.ended.clear()
    assert [rows for _, _, rows in everything(spool)] == [left, Pending()]
    spool.close()


def test_files_are_for_nobody_else(tmp_path: Path) -> None:
    """Only the user that runs the agent may read the spool."""
    spool = Spool.opened(tmp_path / "spool", PLENTY)
    spool.append(1, batch("a").encoded())
    modes = {path.stat().st_mode & 0o077 for path in [tmp_path / "spool", *(tmp_path / "spool").rglob("*")]}
    assert modes == {0}
    spool.close()


def test_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A spool that is no folder is a `StoreError` that names the setting."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="storage.spool"):
        Spool.opened(tmp_path / "file" / "spool", PLENTY)


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({"spool": "there"}, "there"),
        ({"url": "sqlite+aiosqlite:///some/calls.sqlite3"}, "some/calls.spool"),
        ({"url": "postgresql+asyncpg://db/calls"}, "agent.spool"),
    ],
)
def test_spool_lies_beside_the_archive(settings: dict[str, str], folder: str) -> None:
    """Where nothing is set it is beside the file that it stands in for."""
    assert spool_folder(StorageSettings(**settings)) == Path(folder)


@given(st.binary())
def test_any_file_is_rows_or_refused(data: bytes) -> None:
    """Bytes that are no batch are a `ValueError` and nothing else."""
    try:
        assert isinstance(Pending.decoded(data), Pending)
    except ValueError as fault:
        assert str(fault)


@given(st.binary())
def test_any_second_is_states_or_refused(data: bytes) -> None:
    """Bytes that are no second of states are a `ValueError` and nothing else."""
    with pytest.raises(ValueError, match="cannot be read"):
        states.decoded(data + b"no zlib")


def test_second_of_states_is_small() -> None:
    """What is kept of a second says everything but what is the same for a whole call, and no longer than it must."""
    signals = [seen("affect", 1), seen("scene", 2)]
    body = states.encoded(signals)
    first, second = states.decoded(body)
    assert (first.kind, first.seq, first.captured_at, first.media_ms) == ("affect", 1, signals[0].captured_at, 40.0)
    assert (second.kind, second.seq, second.confidence, second.valid) == ("scene", 2, 0.9, True)
    assert len(body) < 260
