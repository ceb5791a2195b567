"""Files that are there only when they are whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.core.errors import StoreError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to; once all went well it takes the place of `path`, and else it is taken away.

    What is no regular file, such as a pipe, is written to as it is. Raises `StoreError` at once where nothing can be
    written.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        part.touch()
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; is there such a folder, open to you?") from None
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
