"""Fans signals, captions and pictures out to supervisors: encoded once, the latest of a state, all of the events."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from agent.core.signals import STATE_KINDS, Signal, kind_of
from agent.transport.alert_board import AlertBoard
from agent.transport.messages import Caption, SharedPicture
from agent.transport.outbox import Frame, Outbox
from agent.transport.supervisor_messages import (
    Alert,
    CallChanged,
    CallList,
    CallSummary,
    FrameTrace,
    Overlay,
    Service,
    SignalMessage,
    SupervisorCaption,
    ToSupervisor,
)

CAPTIONS_KEPT = 100


class Subscription:
    """One supervisor's place at the hub: the list of calls always, and one watched call."""

    def __init__(self, *, technical: bool = False) -> None:
        self.outbox = Outbox()
        self.technical = technical
        """Gets times of frames, and nothing that anybody showed, said or felt."""
        self.watching: str | None = None
        self.pictures = False
        self.overlays = False
        self.traces = False
        self.glances: frozenset[str] = frozenset()
        """Calls of which it gets small pictures."""


class Hub:
    """All subscriptions of a process. Owned by the event loop; publishing never waits."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._calls: dict[str, CallSummary] = {}
        self._captions: dict[str, dict[str, Frame]] = {}
        """What was said so far in each live call, by caption, for those who begin to watch later."""
        self._listed: dict[bool, str] = {}
        """The list of calls as it was last encoded, by whether it is for who is technical; empty once it is not so."""
        self._board = AlertBoard()
        self.on_seen_to: Callable[[Alert], None] = lambda alert: None
        """Called once of each alert that somebody sees to."""
        self._service: Service | None = None
        self._replaced = 0
        """Of subscribers that have gone."""
        self.let_go = 0
        """Subscribers that were too slow."""

    @property
    def subscribers(self) -> int:
        return len(self._subscriptions)

    @property
    def states_replaced(self) -> int:
        """States that subscribers missed because a newer one was there first."""
        return self._replaced + sum(subscription.outbox.replaced for subscription in self._subscriptions)

    def subscribe(self, *, technical: bool = False) -> Subscription:
        subscription = Subscription(technical=technical)
        self._subscriptions.add(subscription)
        self._list_calls(subscription)
        self._show_service(subscription)
        if self._board.listed().alerts:
            self._show_alerts(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._replaced += subscription.outbox.replaced

    def calls(self) -> tuple[CallSummary, ...]:
        """Live calls, the oldest first."""
        return tuple(sorted(self._calls.values(), key=lambda call: call.started_at))

    def put_call(self, summary: CallSummary) -> None:
        """A call began or changed."""
        before = self._calls.get(summary.call_id)
        if before == summary:
            return
        self._calls[summary.call_id] = summary
        self._listed.clear()
        for subscription in self._subscriptions:
            if before is None:
                self._list_calls(subscription)
            else:
                self._tell_change(subscription, summary.call_id)

    def drop_call(self, call_id: str) -> None:
        """A call ended."""
        self._captions.pop(call_id, None)
        self.put_alerts(call_id, ())
        if self._calls.pop(call_id, None) is not None:
            self._listed.clear()
            for subscription in self._subscriptions:
                self._list_calls(subscription)

    def put_service(self, service: Service) -> None:
        """How customers are served as a whole."""
        if service != self._service:
            self._service = service
            for subscription in self._subscriptions:
                self._show_service(subscription)

    def put_alerts(self, call_id: str, alerts: Sequence[Alert]) -> None:
        """All alerts of one call that stand open."""
        if self._board.put(call_id, alerts):
            self._show_alerts(*self._subscriptions)

    def alert(self, alert_id: str) -> Alert | None:
        """One that stands open."""
        return self._board.find(alert_id)

    def acknowledge(self, alert_id: str, *, by: str, at_s: float) -> None:
        """Somebody sees to an alert, and everybody learns who. Whoever said so first is named."""
        if seen_to := self._board.acknowledge(alert_id, by=by, at_s=at_s):
            self.on_seen_to(seen_to)
            self._show_alerts(*self._subscriptions)

    def watch(
        self, subscription: Subscription, call_id: str, *, pictures: bool, traces: bool, overlays: bool = False
    ) -> None:
        """Lets `subscription` follow a call in place of the one before; it first gets what was said so far."""
        newly = subscription.watching != call_id
        subscription.watching, subscription.traces = call_id, traces
        subscription.pictures = pictures and not subscription.technical
        subscription.overlays = overlays and not subscription.technical
        if newly and not subscription.technical:
            for caption in self._captions.get(call_id, {}).values():
                subscription.outbox.put_event(caption)

    def pictured(self, call_id: str) -> bool:
        """Whether anyone looks at this call's pictures, so that a preview is worth making."""
        return any(watcher.pictures for watcher in self._watchers(call_id))

    def glance(self, subscription: Subscription, call_ids: Iterable[str]) -> None:
        """Lets `subscription` have small pictures of these calls in place of those before."""
        subscription.glances = frozenset() if subscription.technical else frozenset(call_ids)

    def glanced(self, call_id: str) -> bool:
        """Whether anyone wants small pictures of this call."""
        return any(call_id in subscription.glances for subscription in self._subscriptions)

    def overlaid(self, call_id: str) -> bool:
        """Whether anyone is to be told what was read from this call's frames, one by one."""
        return any(watcher.overlays for watcher in self._watchers(call_id))

    def traced(self, call_id: str) -> bool:
        """Whether anyone follows this call's frames one by one."""
        return any(watcher.traces for watcher in self._watchers(call_id))

    def publish_signals(self, call_id: str, signals: Iterable[Signal]) -> None:
        watchers = self._onlookers(call_id)
        if not watchers:
            return
        for signal in signals:
            message = _encode(SignalMessage(signal=signal))
            kind = kind_of(signal)
            for watcher in watchers:
                if kind in STATE_KINDS:
                    watcher.outbox.put_state(kind, message)
                else:
                    watcher.outbox.put_event(message)

    def publish_event(self, call_id: str, message: ToSupervisor) -> None:
        encoded = _encode(message)
        for watcher in self._onlookers(call_id):
            watcher.outbox.put_event(encoded)

    def publish_caption(self, call_id: str, caption: Caption) -> None:
        """Words of either side; the latest `CAPTIONS_KEPT` are kept for as long as the call lasts."""
        self._publish_kept(call_id, caption.id, SupervisorCaption(call_id=call_id, caption=caption))

    def publish_shared_picture(self, picture: SharedPicture) -> None:
        """What the customer shows stands among what is said."""
        self._publish_kept(picture.call_id, picture.id, picture)

    def publish_alert(self, message: ToSupervisor) -> None:
        """To every supervisor, whatever they watch."""
        encoded = _encode(message)
        for subscription in self._subscriptions:
            if not subscription.technical:
                subscription.outbox.put_event(encoded)

    def publish_picture(self, call_id: str, message: bytes) -> None:
        for watcher in self._watchers(call_id):
            if watcher.pictures:
                watcher.outbox.put_state("picture", message)

    def publish_glimpse(self, call_id: str, message: bytes) -> None:
        for subscription in self._subscriptions:
            if call_id in subscription.glances:
                subscription.outbox.put_state(f"glimpse {call_id}", message)

    def publish_overlay(self, overlay: Overlay) -> None:
        encoded = _encode(overlay)
        for watcher in self._watchers(overlay.call_id):
            if watcher.overlays:
                watcher.outbox.put_state("overlay", encoded)

    def publish_trace(self, trace: FrameTrace) -> None:
        encoded = _encode(trace)
        for watcher in self._watchers(trace.call_id):
            if watcher.traces:
                watcher.outbox.put_event(encoded)

    def _publish_kept(self, call_id: str, key: str, message: SupervisorCaption | SharedPicture) -> None:
        encoded = _encode(message)
        said = self._captions.setdefault(call_id, {})
        said[key] = encoded
        if len(said) > CAPTIONS_KEPT:
            del said[next(iter(said))]
        for watcher in self._onlookers(call_id):
            watcher.outbox.put_event(encoded)

    def _watchers(self, call_id: str) -> list[Subscription]:
        return [subscription for subscription in self._subscriptions if subscription.watching == call_id]

    def _onlookers(self, call_id: str) -> list[Subscription]:
        """Watchers who may see and hear."""
        return [watcher for watcher in self._watchers(call_id) if not watcher.technical]

    def _list_calls(self, subscription: Subscription) -> None:
        technical = subscription.technical
        subscription.outbox.put_state("calls", lambda: self._call_list(technical=technical))

    def _call_list(self, *, technical: bool) -> str:
        if technical not in self._listed:
            calls = tuple(_shown(call, technical=technical) for call in self.calls())
            self._listed[technical] = _encode(CallList(calls=calls))
        return self._listed[technical]

    def _tell_change(self, subscription: Subscription, call_id: str) -> None:
        technical = subscription.technical

        def changed() -> str | None:
            call = self._calls.get(call_id)
            return None if call is None else _encode(CallChanged(call=_shown(call, technical=technical)))

        subscription.outbox.put_state(f"call {call_id}", changed)

    def _show_service(self, subscription: Subscription) -> None:
        if self._service is not None:
            subscription.outbox.put_state("service", _encode(self._service))

    def _show_alerts(self, *subscriptions: Subscription) -> None:
        message = _encode(self._board.listed())
        for subscription in subscriptions:
            if not subscription.technical:
                subscription.outbox.put_state("alerts", message)


def _shown(call: CallSummary, *, technical: bool) -> CallSummary:
    """Who is technical learns nothing of what was felt or said."""
    if not technical:
        return call
    return msgspec.structs.replace(call, affect="unknown", valence=None, trend="unknown", last_intent=None)


def _encode(message: ToSupervisor) -> str:
    return msgspec.json.encode(message).decode()
