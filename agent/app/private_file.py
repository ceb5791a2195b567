"""Writes files with data of customers, for their owner alone to read."""

import os
from pathlib import Path

from agent.core.errors import StoreError


def write_privately(path: Path, content: bytes) -> None:
    """In place of what was there. Raises `StoreError`."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as fault:
        raise StoreError(f"{path} cannot be written: {fault.strerror}") from None
