"""What holds for one call, as its page, its reply engine and supervisors are told: at first, and when it changes."""

from collections.abc import Iterable

from agent.app.agreement import Agreement
from agent.app.alerting import Alerting
from agent.app.call_recorder import MediaRecorder
from agent.app.page import Page
from agent.app.standing import Standing
from agent.core.consent import EMOTION
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import CallStarted, ConsentChanged
from agent.fusion.alerts import EmotionForgotten
from agent.perception.hearing import Hearing
from agent.transport.messages import Welcome


class Terms:
    """What is analysed, whether the call is recorded, and in what language it is heard. Belongs to the event loop."""

    def __init__(
        self,
        call_id: str,
        customer: str,
        *,
        agreement: Agreement,
        recorder: MediaRecorder | None,
        page: Page,
        standing: Standing,
        alerting: Alerting,
        hearing: Hearing,
    ) -> None:
        """`customer` is who the reply engine is told the caller is."""
        self.reply: ReplyClient | None = None
        """Told of changes, once it is there."""
        self._call_id = call_id
        self._customer = customer
        self._agreement = agreement
        self._recorder = recorder
        self._page = page
        self._standing = standing
        self._alerting = alerting
        self._hearing = hearing

    def introduction(self) -> CallStarted:
        """For the reply engine."""
        consent = self._agreement.consent
        return CallStarted(
            call_id=self._call_id,
            customer=self._customer,
            locale=consent.locale,
            purposes=self._purposes(),
            consent_version=consent.version,
        )

    def greet_page(self) -> None:
        """Tells the page what holds for this call from now on."""
        hears = self._hearing.language_for(self._agreement.consent.locale)
        recorded = self._recorder is not None and self._recorder.records
        self._page.show(Welcome(call_id=self._call_id, analysis=self._purposes(), hears=hears, recorded=recorded))

    def give(self, purposes: Iterable[str]) -> None:
        """The page agrees to more."""
        self._tell(changed=self._agreement.give(purposes))

    def withdraw(self, purposes: Iterable[str]) -> None:
        """The page takes something back."""
        self._tell(changed=self._agreement.withdraw(purposes))

    def _tell(self, *, changed: bool) -> None:
        """A page that has asked is told what holds even where that is what held before."""
        if changed and self.reply is not None:
            self.reply.send(ConsentChanged(purposes=self._purposes()))
        if not EMOTION.issubset(self._agreement.consent.purposes):
            self._alerting.put(EmotionForgotten())
        if changed and self._recorder is not None:
            self._recorder.follow()
        self.greet_page()
        self._standing.announce()

    def _purposes(self) -> tuple[str, ...]:
        return tuple(sorted(self._agreement.consent.purposes))
