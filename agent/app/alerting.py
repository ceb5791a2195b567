"""The alerts of one call: what happens in it is told to the pure step, what stands open is told to supervisors."""

import asyncio
import math
from collections.abc import Callable, Iterable

from agent.app.kept_alerts import KeptAlerts
from agent.app.rooms import Rooms
from agent.core.clock import NS_PER_S, Clock, unix_s
from agent.core.sentences import sentence
from agent.core.settings import SupervisionSettings
from agent.core.signals import Signal
from agent.fusion.alerts import AlertState, Evidence, Looked, Lost, OpenAlert, Seen, step
from agent.media.peer import Peer
from agent.media.statistics import PeerStatistics
from agent.transport.hub import Hub
from agent.transport.supervisor_messages import Alert, AlertEvidence

LOOK_EVERY_S = 1.0
LOSS_WINDOW_LOOKS = 5
FEWEST_PACKETS = 50
"""Of so few packets a share says nothing."""


class Alerting:
    """Belongs to a call and to its event loop. `put` never waits; `run` lets time pass for what is not heard of."""

    def __init__(
        self,
        call_id: str,
        rules: SupervisionSettings,
        statistics: Callable[[], PeerStatistics],
        *,
        clock: Clock,
        hub: Hub,
        on_raised: Callable[[Alert], None],
        on_over: Callable[[Alert, float], None],
    ) -> None:
        """`on_raised` is told each alert once, when it begins; `on_over` each that closes while the call goes on, and
        when, in Unix seconds."""
        self._call_id = call_id
        self._rules = rules
        self._statistics = statistics
        self._clock = clock
        self._hub = hub
        self._on_raised = on_raised
        self._on_over = on_over
        self._state = AlertState()
        self._carried: list[tuple[int, int]] = []
        """Packets that came and packets that were lost since the call began, at the latest looks."""

    def put(self, *seen: Seen) -> None:
        """Something happened."""
        before = self._state
        for one in seen:
            self._state = step(self._state, one, self._rules, self._clock.now_ns())
        if self._state.open != before.open:
            self._tell_changes(before)
            self._hub.put_alerts(self._call_id, [self._alert(alert) for alert in self._state.open])

    def _tell_changes(self, before: AlertState) -> None:
        for alert in self._state.open:
            if alert.number > before.made:
                self._on_raised(self._alert(alert))
        still = {alert.number for alert in self._state.open}
        for alert in before.open:
            if alert.number not in still:
                self._on_over(self._alert(alert), self._clock.wall_ns() / NS_PER_S)

    def follow(self, signals: Iterable[Signal]) -> None:
        """Signals of the call were published."""
        self.put(*signals)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Another second has passed."""
        share = self._loss_share()
        self.put(Looked() if share is None else Lost(share=share))

    def _loss_share(self) -> float | None:
        """Of the packets of the last seconds; None where there are too few to tell."""
        carried = self._statistics()
        now = carried.video.packets + carried.audio.packets, carried.video.packets_lost + carried.audio.packets_lost
        self._carried = [*self._carried, now][-LOSS_WINDOW_LOOKS - 1 :]
        came, lost = now[0] - self._carried[0][0], max(0, now[1] - self._carried[0][1])
        return lost / (came + lost) if came + lost >= FEWEST_PACKETS else None

    def _alert(self, alert: OpenAlert) -> Alert:
        return Alert(
            id=f"{self._call_id}-{alert.number}",
            call_id=self._call_id,
            kind=alert.kind,
            urgent=alert.urgent,
            since=self._wall_s(alert.since_ns),
            evidence=tuple(self._evidence(one) for one in alert.evidence),
        )

    def _evidence(self, evidence: Evidence) -> AlertEvidence:
        said = sentence(evidence.words)
        return AlertEvidence(
            words=said.words,
            code=said.code,
            values=said.values,
            at=self._wall_s(evidence.at_ns),
            seqs=evidence.seqs,
        )

    def _wall_s(self, at_ns: int) -> float:
        """In whole tenths that have passed, so that nobody is said to have seen to an alert before it was raised."""
        return math.floor(10 * unix_s(at_ns, now_ns=self._clock.now_ns(), wall_ns=self._clock.wall_ns())) / 10


def alerting_for(call_id: str, peer: Peer, rooms: Rooms) -> Alerting:
    """What is raised, and when it was over, is kept with the call."""
    kept = KeptAlerts(rooms.store)
    return Alerting(
        call_id,
        rooms.settings.supervision,
        lambda: peer.statistics,
        clock=rooms.clock,
        hub=rooms.hub,
        on_raised=kept.raised,
        on_over=kept.over,
    )
