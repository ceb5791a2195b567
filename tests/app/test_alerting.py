"""What happens in a call reaches supervisors as alerts, with packets that are lost among it."""

from collections.abc import Iterable

import pytest

from agent.app.alerting import Alerting
from agent.app.glimpses import WIDTH_PX, Glimpses, made_small
from agent.core.alerts import AlertKind
from agent.core.clock import FakeClock
from agent.core.lifecycle import CallState
from agent.core.sentences import tell
from agent.core.settings import SupervisionSettings
from agent.dialogue.protocol import Because
from agent.fusion.alerts import Looked, PersonAsked, Stands, ToolFailed
from agent.media.statistics import PeerStatistics, TrackStatistics
from agent.transport.hub import Hub
from agent.transport.supervisor_messages import Alert, CallSummary
from tests.browser.test_supervisor_page import picture


def carried(packets: int, lost: int) -> PeerStatistics:
    """Of sound alone."""
    return PeerStatistics(
        video=TrackStatistics(),
        audio=TrackStatistics(packets=packets, packets_lost=lost),
        speech_frames_sent=0,
        messages_sent=0,
        messages_dropped=0,
        messages_refused=0,
        candidates_held_back=0,
        connections=1,
    )


class Desk:
    """A hub, and the alerts of one call whose connection a test decides."""

    def __init__(self, *connection: PeerStatistics) -> None:
        self.hub, self.clock = Hub(), FakeClock()
        self._connection = iter(connection)
        self.raised: list[Alert] = []
        self.over: list[tuple[str, float]] = []
        """Ids of alerts that closed, and when."""
        self.alerting = Alerting(
            "c", SupervisionSettings(), lambda: next(self._connection), clock=self.clock, hub=self.hub,
            on_raised=self.raised.append, on_over=lambda alert, at_s: self.over.append((alert.id, at_s)),
        )  # fmt: skip

    def open(self) -> list[AlertKind]:
        return [alert.kind for alert in self.hub._board.listed().alerts]


def test_an_alert_says_when_and_why_by_the_clock_on_the_wall() -> None:
    """Times are Unix times, whenever they are told; ids name call and number."""
    desk = Desk()
    desk.alerting.put(PersonAsked(reason="wished for"))
    asked_s = desk.clock.wall_ns() / 1e9
    desk.clock.advance(ms=5_000)
    desk.alerting.put(ToolFailed(words="orders said failed"), ToolFailed(words="orders said failed"))
    person, tool = desk.hub._board.listed().alerts
    assert (person.id, tool.id) == ("c-1", "c-2")
    assert person.since == pytest.approx(asked_s, abs=0.1) and tool.since == pytest.approx(asked_s + 5, abs=0.1)
    assert [evidence.words for evidence in person.evidence] == ["wished for"]
    assert desk.raised == [person, tool], "each is told once, as it began"


def test_what_an_alert_rests_on_can_be_said_in_another_language() -> None:
    """Our own sentences go out with their codes and values, as do those of our reply engine; words of others do not."""
    desk = Desk()
    desk.alerting.put(*[ToolFailed(words=Because.of("tool", tell("tool_failed", tool="find")).sentence.told)] * 2)
    desk.alerting.put(PersonAsked(reason="wished for"), Stands(state=CallState.HELD))
    desk.clock.advance(ms=60_000)
    desk.alerting.put(Looked())
    told = [(one.words, one.code, one.values) for alert in desk.hub._board.listed().alerts for one in alert.evidence]
    assert told == [
        *[("find said failed", "tool_failed", {"tool": "find"})] * 2,
        ("wished for", "", {}),
        ("on hold for 60 s", "held", {"seconds": "60"}),
    ]


def test_an_alert_that_closes_is_told_once_and_when() -> None:
    """What else stands open is not over."""
    desk = Desk(*[carried(0, 0)] * 2)
    desk.alerting.put(PersonAsked(reason="wished for"), *[ToolFailed(words="orders said failed")] * 2)
    desk.clock.advance(ms=120_000)
    over_s = desk.clock.wall_ns() / 1e9
    desk.alerting.look()
    desk.clock.advance(ms=1_000)
    desk.alerting.look()
    assert desk.over == [("c-2", over_s)] and desk.open() == [AlertKind.PERSON_ASKED]
    desk.alerting.put(Stands(state=CallState.TAKEN_OVER))
    assert [alert for alert, _ in desk.over] == ["c-2", "c-1"] and desk.open() == []
    assert desk.over[1][1] == pytest.approx(over_s + 1)


@pytest.mark.parametrize("past_ms", range(0, 100, 10))
def test_an_alert_is_never_told_from_the_future(past_ms: int) -> None:
    """Whoever sees to it in the same instant does so after it was raised, in the history, too."""
    desk = Desk()
    desk.clock.advance(ms=past_ms)
    desk.alerting.put(PersonAsked(reason="wished for"))
    (person,) = desk.hub._board.listed().alerts
    assert person.since <= desk.clock.wall_ns() / 1e9
    assert [evidence.at for evidence in person.evidence] == [person.since]


@pytest.mark.parametrize(
    ("each_second", "alerted"),
    [([(100, 10)] * 12, True), ([(100, 1)] * 12, False), ([(3, 3)] * 12, False)],
    ids=["a tenth is lost", "a hundredth is lost", "hardly anything is sent"],
)
def test_loss_is_told_of_what_was_carried_lately(each_second: Iterable[tuple[int, int]], alerted: bool) -> None:
    """A share that lasts alerts; a low one, or one of too few packets, does not."""
    packets = lost = 0
    connection = []
    for came, missing in each_second:
        packets, lost = packets + came, lost + missing
        connection.append(carried(packets, lost))
    desk = Desk(*connection)
    for _ in connection:
        desk.clock.advance(ms=1_000)
        desk.alerting.look()
    assert (AlertKind.CONNECTION in desk.open()) is alerted


async def test_small_pictures_come_once_a_second_to_those_who_glance() -> None:
    """Nobody glances: none is wanted. Somebody does: one is, and the next a second later; it is small."""
    hub, clock = Hub(), FakeClock()
    hub.put_call(CallSummary(call_id="c", state="speaking", started_at=1.0, locale="en", purposes=()))
    glimpses = Glimpses("c", clock, hub)
    assert not glimpses.wanted()
    subscription = hub.subscribe()
    await subscription.outbox.take()
    hub.glance(subscription, ["c"])
    assert glimpses.wanted()
    whole = picture(7, 120)
    head = int.from_bytes(whole[:4], "big")
    await glimpses.show(frame_id=7, captured_at=1.0, jpeg=whole[4 + head :])
    assert not glimpses.wanted()
    sent = await subscription.outbox.take()
    assert isinstance(sent, bytes) and b'"glimpse"' in sent and len(sent) < len(whole)
    clock.advance(ms=1_000)
    assert glimpses.wanted()


def test_what_is_no_picture_is_not_shown() -> None:
    """Broken bytes give nothing, and no error."""
    assert made_small(b"\xff\xd8 not a picture") is None
    assert WIDTH_PX < 320
