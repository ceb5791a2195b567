"""How commands of whoever runs an agent get in: by a key that changes with each start, in a file of their own."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from agent.core.identity import Role
from agent.core.settings import ProgramKey, Settings


def with_local_key(settings: Settings) -> tuple[Settings, str]:
    """Settings in which one more key, which is returned, lets supervisors in."""
    key = secrets.token_urlsafe(32)
    program = ProgramKey(role=Role.SUPERVISOR, name="this machine", key=SecretStr(key))
    identity = settings.identity.model_copy(update={"keys": (*settings.identity.keys, program)})
    return settings.model_copy(update={"identity": identity}), key


@contextmanager
def offered(url: str, key: str) -> Iterator[None]:
    """Lets commands of the same user find the key of the agent at `url` for as long as the context is open."""
    path = _path(url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def key_of(url: str) -> str | None:
    """The key of the agent at `url`, if this user runs it on this machine."""
    try:
        return _path(url).read_text("utf-8").strip() or None
    except OSError:
        return None


def _path(url: str) -> Path:
    """In the folder for what programs remember (XDG Base Directory Specification, `XDG_STATE_HOME`)."""
    address = urlsplit(url)
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "attentive-agent" / f"{address.hostname}-{address.port}.key"
