"""What every group of settings is made of."""

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

SHORTEST_KEY = 16
"""Characters of an API key; a shorter one could be guessed."""
DIGEST = re.compile("sha256:[0-9a-f]{64}")


class Section(BaseModel):
    """A group of settings that refuses keys it does not know.

    Every secret `x` of a section may lie in a file instead, which `x_file` names: one line, or one a line where
    several are taken. The file is read once, when the settings are loaded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _secrets_may_lie_in_files(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        read = dict(given)
        for name, field in cls.model_fields.items():
            key = f"{name}_file"
            several = SecretStr in get_args(field.annotation) and isinstance(field.default, tuple)
            if key not in read or key in cls.model_fields or not _is_secret(field.annotation):
                continue
            path = read.pop(key)
            if path is None:
                continue
            if read.get(name) is not None:
                raise ValueError(f"{name} and {key} are both given; keep one")
            text = _secret_text(key, Path(path))
            read[name] = tuple(text.splitlines()) if several else text
        return read


class KeyedSection(Section):
    """Settings of a service that may want a key, shown to it as a bearer token."""

    key: SecretStr | None = None
    """Best set by an environment variable, such as `AGENT_REPLY__LLM__KEY`, or in a file that `key_file` names."""

    def bearer(self) -> dict[str, str]:
        """The header that shows the key, if one is set."""
        key = "" if self.key is None else self.key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _secret_text(key: str, path: Path) -> str:
    """Raises `ValueError` that names the setting and the file, for one that cannot be read or is empty."""
    try:
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{key} {path} cannot be read: it is no UTF-8 text") from None
    except OSError as fault:
        raise ValueError(f"{key} {path} cannot be read: {fault.strerror}") from None
    if not text:
        raise ValueError(f"{key} {path} is empty")
    return text
