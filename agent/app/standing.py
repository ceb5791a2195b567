"""How one call stands: the step of its life that it is at, and what the list of calls says of it."""

import logging
from collections.abc import Callable

from agent.app.agreement import Agreement
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.core.clock import NS_PER_S
from agent.core.errors import IllegalTransition
from agent.core.lifecycle import CallEvent, CallLife, EndReason
from agent.transport.supervisor_messages import CallSummary

log = logging.getLogger(__name__)


class Standing:
    """Belongs to the event loop."""

    def __init__(
        self,
        call_id: str,
        life: CallLife,
        agreement: Agreement,
        senses: Senses,
        rooms: Rooms,
        on_step: Callable[[CallLife], None],
    ) -> None:
        """`on_step` is told of every step but the last."""
        self.life = life
        self.started_at = rooms.clock.wall_ns() / NS_PER_S
        """Unix time in seconds."""
        self.domain = rooms.settings.reply.domain if rooms.settings.reply.url is None else None
        """What the embedded engine talks about; None for one of the business's own."""
        self.away = False
        """Whether the customer's connection is lost."""
        self._call_id = call_id
        self._agreement = agreement
        self._senses = senses
        self._rooms = rooms
        self._on_step = on_step
        self._since = self.started_at

    def step(self, event: CallEvent, reason: EndReason | None = None) -> None:
        """Moves the life; an event that does not belong there is logged and changes nothing."""
        try:
            self.life = self.life.step(event, now_ns=self._rooms.clock.now_ns(), reason=reason)
        except IllegalTransition as error:
            log.warning("call %s: %s", self._call_id, error)
            return
        self._since = self._rooms.clock.wall_ns() / NS_PER_S
        if not self.life.over:
            self._on_step(self.life)
            self.announce()

    def announce(self) -> None:
        """Tells supervisors."""
        consent = self._agreement.consent
        self._rooms.hub.put_call(
            CallSummary(
                call_id=self._call_id,
                state=self.life.state.value,
                started_at=self.started_at,
                state_since=self._since,
                locale=consent.locale,
                purposes=tuple(sorted(consent.purposes)),
                domain=self.domain,
                affect=self._senses.affect,
                valence=self._senses.valence,
                trend=self._senses.trend,
                last_intent=self._senses.last_intent,
                degraded=self._senses.degraded,
                away=self.away,
            )
        )
