"""The alerts that stand open in all calls, and who sees to them: one board, which every supervisor sees the same."""

from collections.abc import Sequence

import msgspec

from agent.transport.supervisor_messages import Alert, AlertList


class AlertBoard:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self._alerts: dict[str, tuple[Alert, ...]] = {}
        """By call."""
        self._seen_to: dict[str, tuple[str, float]] = {}
        """By alert, who said so first and when, for as long as the alert stands."""

    def put(self, call_id: str, alerts: Sequence[Alert]) -> bool:
        """All alerts of a call that stand open now; whether anything is different."""
        before = self._alerts.get(call_id, ())
        after = tuple(self._with_who_sees_to_it(alert) for alert in alerts)
        if before == after:
            return False
        for gone in {alert.id for alert in before} - {alert.id for alert in after}:
            self._seen_to.pop(gone, None)
        if after:
            self._alerts[call_id] = after
        else:
            del self._alerts[call_id]
        return True

    def find(self, alert_id: str) -> Alert | None:
        return next((alert for alerts in self._alerts.values() for alert in alerts if alert.id == alert_id), None)

    def acknowledge(self, alert_id: str, *, by: str, at_s: float) -> Alert | None:
        """The alert as it stands now; None for one that has gone, or that somebody sees to already."""
        alert = self.find(alert_id)
        if alert is None or alert_id in self._seen_to:
            return None
        self._seen_to[alert_id] = by, at_s
        self.put(alert.call_id, self._alerts[alert.call_id])
        return self.find(alert_id)

    def listed(self) -> AlertList:
        alerts = (alert for alerts in self._alerts.values() for alert in alerts)
        return AlertList(alerts=tuple(sorted(alerts, key=lambda alert: (alert.since, alert.id))))

    def _with_who_sees_to_it(self, alert: Alert) -> Alert:
        by, at_s = self._seen_to.get(alert.id, (None, None))
        return msgspec.structs.replace(alert, acknowledged_by=by, acknowledged_at=at_s)
