"""Files of arrays are read by name, and others are refused before anything in them can run."""

from pathlib import Path

import numpy as np
import pytest

from agent.core.errors import DataRejected
from agent.training.arrays import read_arrays


def test_chosen_arrays(tmp_path: Path) -> None:
    """Only what is chosen by name is read."""
    np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.arange(4))
    read = read_arrays(tmp_path / "a.npz", lambda names: [name for name in names if name == "two"])
    assert list(read) == ["two"] and read["two"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is no npz, or half of one, is refused by its name."""
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataRejected, match=r"a\.npz"):
        read_arrays(tmp_path / "a.npz", list)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(DataRejected, match=r"none\.npz"):
        read_arrays(tmp_path / "none.npz", list)


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    """An npy file has no names, so it does not say what is what."""
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(DataRejected, match="single array"):
        read_arrays(tmp_path / "a.npy", list)


def test_objects_are_refused(tmp_path: Path) -> None:
    """Arrays of Python objects are not unpickled."""
    np.savez(tmp_path / "a.npz", names=np.array(["a", 1], dtype=object))
    with pytest.raises(DataRejected, match="pickle"):
        read_arrays(tmp_path / "a.npz", list)
