"""Tells which program shows a key, and what it may do."""

import hashlib
import hmac

from agent.core.errors import SettingsError
from agent.core.settings import IdentitySettings, ProgramKey


class ProgramKeys:
    """The keys of `identity.keys`, as digests."""

    def __init__(self, settings: IdentitySettings) -> None:
        """Raises `SettingsError` for a key that stands there twice."""
        self._programs = tuple((program.digest(), program) for program in settings.keys)
        if len({digest for digest, _ in self._programs}) < len(self._programs):
            raise SettingsError("identity.keys holds one key twice; give each program a key of its own")

    def program_of(self, token: str) -> ProgramKey | None:
        """The entry of the settings whose key `token` is; None for nobody that is known."""
        shown = hashlib.sha256(token.encode()).digest()
        # All are compared, so that the time taken does not tell which one is near.
        found = [program for digest, program in self._programs if hmac.compare_digest(shown, digest)]
        return found[0] if found else None
