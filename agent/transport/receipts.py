"""What a customer's page shows after a call to prove whose call it was: for its survey, and for what was kept of it."""

from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import LinkRejected
from agent.core.signed_customer import SignedCustomer, sign, verify


class CallReceipts:
    """Makes and checks receipts. Nothing is remembered: a receipt outlives the call, and a restart of the agent."""

    def __init__(self, secret: str, clock: Clock, *, lasts_s: int) -> None:
        """`secret` is for this alone, so that no other token passes for a receipt, nor a receipt for another token."""
        self._secret = secret
        self._clock = clock
        self._lasts_s = lasts_s

    def make(self, call_id: str) -> tuple[str, int]:
        """A receipt for a call that is just being opened, and when it runs out, in Unix seconds."""
        until = int(self._clock.wall_ns() / NS_PER_S) + self._lasts_s
        return sign(SignedCustomer(customer=call_id, expires_at=until), secret=self._secret), until

    def check(self, receipt: str, call_id: str) -> None:
        """Raises `LinkRejected` for what is no receipt of this call, and for one that has run out."""
        said = verify(receipt, secret=self._secret, now=self._clock.wall_ns() / NS_PER_S)
        if said.customer != call_id:
            raise LinkRejected("invalid")
