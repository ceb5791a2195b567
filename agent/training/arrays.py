"""Reads npz files that people bring, and says what is wrong with those that cannot be read."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from agent.core.errors import DataRejected


def read_arrays(path: Path, choose: Callable[[list[str]], Iterable[str]]) -> dict[str, NDArray[Any]]:
    """The arrays of an npz that `choose` picks from their names.

    Raises `DataRejected` for a file that is no npz or is damaged, and for arrays of Python objects, which could run
    code when they are loaded.
    """
    try:
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, NpzFile):
                raise DataRejected(f"{path} is a single array without a name; save it by np.savez with its labels")
            return {name: archive[name] for name in choose(list(archive.files))}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DataRejected(f"{path} is no npz file that can be read: {error}") from error
