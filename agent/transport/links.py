"""Links by which the business's customers call: made for its programs, checked, and good for one call each."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import AtCapacity, LinkRejected
from agent.core.settings import Settings
from agent.core.signed_customer import SKEW_S, SignedCustomer, sign, verify
from agent.transport.desk import Ticket

IDLE_S = 60
"""In line, a link outlives its time for as long as its holder goes on asking at least this often."""

Opening = Callable[[SignedCustomer, str | None], Ticket]
"""Opens a call for a customer who shows a place in line; raises `AtCapacity` with the place they then have."""


@dataclass(slots=True)
class _Use:
    """What became of a link so far."""

    forget_at: float
    first_asked_at: float
    asked_at: float
    place: str | None = None
    """In line."""
    call_id: str | None = None
    """Of the call that it opened."""


class JoinLinks:
    """Makes tokens and opens calls by them. Belongs to the event loop.

    Which links were used is kept in memory for as long as they would be good: one entry for each call that was opened
    by a link in that time.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Without `server.customer_secret` links are good until the agent ends."""
        secret = settings.server.customer_secret
        self._secret = secrets.token_urlsafe(32) if secret is None else secret.get_secret_value()
        self._lasts_s = settings.identity.link_lasts_s
        self._domain = settings.reply.domain
        self._clock = clock
        self._uses: dict[str, _Use] = {}

    def make(self, customer: str, *, locale: str | None, domain: str | None, emotion: bool) -> tuple[str, int]:
        """A token for one call, and when it runs out, in Unix seconds."""
        expires_at = int(self._now()) + self._lasts_s
        who = SignedCustomer(
            customer=customer,
            expires_at=expires_at,
            token_id=secrets.token_urlsafe(12),
            locale=locale,
            domain=domain,
            emotion=emotion,
        )
        return sign(who, secret=self._secret), expires_at

    def customer_of(self, token: str) -> SignedCustomer:
        """Who shows a token; nothing is used up. Raises `LinkRejected`."""
        return self._verified(token, self._now())

    def open(self, token: str, place: str | None, opening: Opening, *, withdraw: Callable[[str], bool]) -> Ticket:
        """Opens a call by a link. Who was refused for lack of a line and waits keeps the link, and has one place by it,
        however often it is opened. Whoever failed to connect may try again, for which `withdraw` takes the unused
        ticket of that id back; false where it was used, or has run out.

        Raises `LinkRejected`, and whatever `opening` raises.
        """
        now = self._now()
        use = self._use_of(token, now)
        who = self._verified(token, now if use is None or use.place is None else use.first_asked_at)
        if who.token_id is None:
            return opening(who, place)
        if use is None:
            use = self._uses[token] = _Use(who.expires_at + SKEW_S, first_asked_at=now, asked_at=now)
        if use.call_id is not None and not withdraw(use.call_id):
            raise LinkRejected("used")
        use.call_id, use.asked_at = None, now
        try:
            ticket = opening(who, use.place or place)
        except AtCapacity as error:
            use.place = error.place
            raise
        use.call_id, use.place = ticket.call_id, None
        return ticket

    def _verified(self, token: str, now: float) -> SignedCustomer:
        who = verify(token, secret=self._secret, now=now)
        if who.domain not in (None, self._domain):
            raise LinkRejected("elsewhere")
        return who

    def _use_of(self, token: str, now: float) -> _Use | None:
        self._uses = {link: use for link, use in self._uses.items() if now < max(use.forget_at, use.asked_at + IDLE_S)}
        return self._uses.get(token)

    def _now(self) -> float:
        return self._clock.wall_ns() / NS_PER_S
