"""Where the program keeps files that belong to this machine."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """Where this platform keeps what programs can make again; it need not exist.

    On Linux as the XDG Base Directory Specification says, version 0.8.
    """
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "attentive-agent"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "attentive-agent"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attentive-agent"
