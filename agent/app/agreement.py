"""What the customer of one call agrees to, and who is told when that changes."""

from collections.abc import Callable, Iterable

from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.core.clock import NS_PER_S
from agent.core.consent import Consent, Purpose
from agent.media.peer import Peer


class Agreement:
    """Belongs to the event loop. A change takes effect with the next frame and word: for models, fusion, the archive
    and, where nothing is left to read of a track, its decoder."""

    def __init__(self, call_id: str, consent: Consent, peer: Peer, senses: Senses, rooms: Rooms) -> None:
        self.consent = consent
        self.may_take: Callable[[Consent], bool] = lambda consent: True
        """Asked before another consent holds; false where there is no time for all that it allows."""
        self._call_id = call_id
        self._peer = peer
        self._senses = senses
        self._rooms = rooms

    def withdraw(self, names: Iterable[str]) -> bool:
        """Takes purposes back. Says whether that changed anything."""
        return self._follow(self.consent.without(*_known(names)))

    def give(self, names: Iterable[str]) -> bool:
        """Agrees to purposes that the notice asked for, too, perhaps again, if there is time for them.

        A track that was closed, as nothing of it was to be read, stays so. Says whether that changed anything.
        """
        purposes = set(_known(names))
        if self._peer.frames is None or self._peer.frames.closed:
            purposes -= {Purpose.EXPRESSION, Purpose.GESTURE}
        if self._peer.windows is None or self._peer.windows.closed:
            purposes -= {Purpose.SPEECH, Purpose.VOICE_EMOTION}
        return self._follow(self.consent.again(purposes, given_at=self._rooms.clock.wall_ns() / NS_PER_S))

    def _follow(self, consent: Consent) -> bool:
        if consent.purposes == self.consent.purposes or not self.may_take(consent):
            return False
        self.consent = consent
        self._rooms.vision.follow(self._call_id, consent)
        self._rooms.hearing.follow(self._call_id, consent)
        self._peer.withdraw(consent)
        self._senses.follow(consent)
        self._rooms.store.record_consent(self._call_id, consent)
        return True


def _known(names: Iterable[str]) -> list[Purpose]:
    """Those that are purposes; a page may know more than we."""
    return [Purpose(name) for name in names if name in set(Purpose)]
