"""Keeps which alerts were raised in a call, who saw to them and when they were over, beside what was perceived."""

import msgspec

from agent.core.alerts import AlertKind
from agent.storage.recording import CallRecorder
from agent.transport.supervisor_messages import Alert, AlertEvidence


class RaisedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept under "alert"."""

    kind: AlertKind
    urgent: bool
    """When it was raised; it may have become so later."""
    evidence: tuple[AlertEvidence, ...]


class SeenToAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept under "alert_seen_to"."""

    kind: AlertKind
    name: str
    """Of the member of staff, as in the audit log."""


class OverAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept under "alert_over"."""

    kind: AlertKind


class KeptAlerts:
    """Of all calls that `recorder` records."""

    def __init__(self, recorder: CallRecorder) -> None:
        self._recorder = recorder

    def raised(self, alert: Alert) -> None:
        value = RaisedAlert(kind=alert.kind, urgent=alert.urgent, evidence=alert.evidence)
        self._recorder.record_alert(alert.call_id, "alert", alert.since, number=_number(alert), value=value)

    def seen_to(self, alert: Alert) -> None:
        """`alert` names who sees to it, and since when."""
        assert alert.acknowledged_by is not None and alert.acknowledged_at is not None
        value = SeenToAlert(kind=alert.kind, name=alert.acknowledged_by)
        at_s = alert.acknowledged_at
        self._recorder.record_alert(alert.call_id, "alert_seen_to", at_s, number=_number(alert), value=value)

    def over(self, alert: Alert, at_s: float) -> None:
        """What `alert` was raised for has passed, at `at_s` (Unix seconds), while the call went on."""
        value = OverAlert(kind=alert.kind)
        self._recorder.record_alert(alert.call_id, "alert_over", at_s, number=_number(alert), value=value)


def _number(alert: Alert) -> int:
    return int(alert.id.rpartition("-")[2])
