"""Packets to frames: prompt when all is well, never stuck when it is not. Times are the test's own."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.media.reassembly import (
    ASK_AGAIN_S,
    HELD_LIMIT,
    PATIENCE_S,
    REPAIR_S,
    AudioAssembler,
    LossReporter,
    VideoAssembler,
    starts_keyframe,
)

KEY = b"\x10\x02\x00\x9d\x01\x2akey"
DELTA = b"\x11\x02\x00delta"


@dataclass
class Rtp:
    sequence_number: int
    timestamp: int
    marker: int = 1
    _data: bytes = DELTA
    payload_type: int = 96
    ssrc: int = 7


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def picture(frame: int, *, packets: int = 2, key: bool = False, first: int = 0) -> list[Rtp]:
    """The packets of one frame; frames of equal size follow each other by sequence number from `first`."""
    start = first + frame * packets
    return [
        Rtp(
            (start + part) % 65_536,
            frame * 3_000,
            marker=part == packets - 1,
            _data=(KEY if key else DELTA) if part == 0 else b"more",
        )
        for part in range(packets)
    ]


def video(time: Time) -> VideoAssembler:
    """An assembler that has seen its first keyframe."""
    assembler = VideoAssembler(time)
    for packet in picture(0, key=True):
        assembler.add(packet)
    assembler.ready.clear()
    return assembler


def times(assembler: VideoAssembler | AudioAssembler) -> list[int]:
    return [frame.timestamp for frame in assembler.ready]


def test_frame_comes_with_its_last_packet() -> None:
    """A frame is released on its marker, not on the packet after it."""
    assembler = video(Time())
    first, last = picture(1)
    assembler.add(first)
    assert times(assembler) == []
    assembler.add(last)
    assert times(assembler) == [3_000]
    assert assembler.ready[0].data == DELTA + b"more"


def test_frame_without_marker_comes_with_the_next() -> None:
    """A sender that sets no marker is served when the time changes."""
    assembler = video(Time())
    for packet in picture(1) + picture(2):
        packet.marker = 0
        assembler.add(packet)
    assert times(assembler) == [3_000]


def test_reordered_packets_are_put_right() -> None:
    """Packets out of order give the same frames in order."""
    assembler = video(Time())
    one, two = picture(1), picture(2)
    for packet in (two[1], one[1], two[0], one[0]):
        assembler.add(packet)
    assert times(assembler) == [3_000, 6_000]


def test_repaired_hole_loses_nothing() -> None:
    """What came behind a hole is released together with the packet that fills it in time."""
    time = Time()
    assembler = video(time)
    one, two, three = picture(1), picture(2), picture(3)
    for packet in [one[0], *two, *three]:
        assembler.add(packet)
    time.now_s += REPAIR_S * 0.9
    asked, _ = assembler.add(one[1])
    assert not asked
    assert times(assembler) == [3_000, 6_000, 9_000]


def test_hole_that_stays_is_skipped_to_the_next_keyframe() -> None:
    """After the time for repair a keyframe is asked for, and nothing is shown until it comes."""
    time = Time()
    assembler = video(time)
    for packet in [picture(1)[0], *picture(2)]:
        assert assembler.add(packet) == (False, None)
    time.now_s += REPAIR_S
    assert assembler.add(picture(3)[0])[0]
    time.now_s += 0.05
    assert not any(assembler.add(packet)[0] for packet in [picture(3)[1], *picture(4)])
    assert times(assembler) == []
    for packet in picture(5, key=True) + picture(6):
        assembler.add(packet)
    assert times(assembler) == [15_000, 18_000]


def test_keyframe_behind_a_hole_is_taken_at_once() -> None:
    """No repair is awaited when a frame that needs nothing before it is there."""
    assembler = video(Time())
    for packet in [picture(1)[0], *picture(2), *picture(3, key=True)]:
        assert not assembler.add(packet)[0]
    assert times(assembler) == [9_000]


def test_keyframe_right_behind_a_hole_is_taken_at_once() -> None:
    """It makes no difference that the hole was not known before the keyframe came."""
    assembler = video(Time())
    for packet in [picture(1)[0], *picture(2, key=True)]:
        assembler.add(packet)
    assert times(assembler) == [6_000]
    assert assembler.counts.frames_skipped == 1


def test_request_for_a_keyframe_is_repeated() -> None:
    """Requests can be lost: another follows until the keyframe comes."""
    time = Time()
    assembler = VideoAssembler(time)
    assert assembler.add(picture(1)[0])[0]
    assert not assembler.add(picture(1)[1])[0]
    time.now_s += ASK_AGAIN_S
    assert assembler.add(picture(2)[0])[0]
    assert assembler.counts.keyframes_requested == 2


def test_sender_that_ignores_requests_is_shown_in_the_end() -> None:
    """When no keyframe comes for long, frames are released as they are."""
    time = Time()
    assembler = VideoAssembler(time)
    assembler.add(picture(1)[0])
    time.now_s += PATIENCE_S
    for packet in [picture(1)[1], *picture(2)]:
        assembler.add(packet)
    assert times(assembler) == [6_000]


def test_padding_makes_no_frame() -> None:
    """Packets without payload, which bandwidth probes send, are passed over."""
    assembler = video(Time())
    assembler.add(Rtp(2, 0, marker=0, _data=b""))
    for packet in picture(1, first=1):
        assembler.add(packet)
    assert times(assembler) == [3_000]


def test_new_stream_begins_with_its_keyframe() -> None:
    """Another SSRC starts all over, wherever its sequence numbers are."""
    assembler = video(Time())
    for packet in picture(9, key=True, first=40_000):
        packet.ssrc = 8
        assembler.add(packet)
    assert times(assembler) == [27_000]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_loss_and_reordering_keeps_order_and_bounds(data: st.DataObject) -> None:
    """Whatever is lost, doubled or late: frames come in order, whole, never twice, and little is held."""
    time = Time()
    assembler = VideoAssembler(time)
    first = data.draw(st.integers(0, 65_535))
    sent = [p for frame in range(60) for p in picture(frame, packets=3, key=frame % 12 == 0, first=first)]
    delays = data.draw(st.lists(st.integers(0, 12), min_size=len(sent), max_size=len(sent)))
    lost = data.draw(st.sets(st.integers(0, len(sent) - 1), max_size=40))
    arriving = sorted((index + delays[index], index) for index in range(len(sent)) if index not in lost)
    for position, index in arriving:
        time.now_s = 100 + position * 0.011
        assembler.add(sent[index])
    seen = times(assembler)
    assert seen == sorted(set(seen))
    assert all(frame.data in (KEY + b"moremore", DELTA + b"moremore") for frame in assembler.ready)
    assert len(assembler._held) <= HELD_LIMIT
    if not lost and not any(delays):
        assert len(seen) == 60


def test_video_never_stalls_long_behind_one_loss() -> None:
    """At 30 frames a second, one lost packet and an answered request cost a third of a second, not seconds."""
    time = Time()
    assembler = video(time)
    asked_s, shown_s = None, None
    for frame in range(1, 60):
        time.now_s += 1 / 30
        key = asked_s is not None and time.now_s - asked_s > 0.1
        packets = picture(frame, key=key)
        for packet in packets[1:] if frame == 1 else packets:
            if assembler.add(packet)[0]:
                asked_s = time.now_s
        if assembler.ready and shown_s is None:
            shown_s = time.now_s
    assert shown_s is not None and shown_s - 100 < 0.4


def test_sound_comes_packet_by_packet() -> None:
    """Nothing is prefetched: each packet in order is a frame at once."""
    assembler = AudioAssembler(Time())
    for number in range(5):
        assembler.add(Rtp(number, number * 960))
        assert times(assembler) == [960 * n for n in range(number + 1)]


def test_lost_sound_is_skipped_and_leaves_no_delay() -> None:
    """After one lost packet the sound behind it comes after three more, and from then on at once."""
    assembler = AudioAssembler(Time())
    assembler.add(Rtp(0, 0))
    for number in (2, 3, 4):
        assembler.add(Rtp(number, number * 960))
        assert times(assembler) == [0]
    assembler.add(Rtp(5, 5 * 960))
    assert times(assembler) == [0, 1_920, 2_880, 3_840, 4_800]
    assembler.add(Rtp(6, 6 * 960))
    assert times(assembler)[-1] == 5_760
    assert assembler.counts.frames_skipped == 1


def test_lost_sound_is_not_awaited_when_little_comes() -> None:
    """With packets far apart it is time, not their number, that ends the wait."""
    time = Time()
    assembler = AudioAssembler(time)
    assembler.add(Rtp(0, 0))
    assembler.add(Rtp(2, 1_920))
    time.now_s += 0.1
    assembler.add(Rtp(3, 2_880))
    assert times(assembler) == [0, 1_920, 2_880]


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), min_size=50, max_size=50), st.sets(st.integers(0, 49), max_size=15))
def test_sound_is_in_order_and_never_held_long(delays: list[int], lost: set[int]) -> None:
    """Whatever is lost or late, frames are in order and at most a few are held back."""
    time = Time()
    assembler = AudioAssembler(time)
    for position, number in sorted((number + delays[number], number) for number in range(50) if number not in lost):
        time.now_s = 100 + position * 0.02
        assembler.add(Rtp((65_530 + number) % 65_536, number * 960))
        assert len(assembler._held) <= 3
    assert times(assembler) == sorted(set(times(assembler)))


def test_keyframes_are_told_apart() -> None:
    """VP8 by its start code, H.264 by the parameter set that comes before its IDR picture."""
    assert starts_keyframe(KEY) and not starts_keyframe(DELTA)
    assert starts_keyframe(b"\x00\x00\x00\x01\x67sps")
    assert starts_keyframe(b"\x00\x00\x00\x01\x09\x10\x00\x00\x00\x01\x67sps")
    assert not starts_keyframe(b"\x00\x00\x00\x01\x65idr without parameters")
    assert not starts_keyframe(b"\x00\x00\x00\x01\x41slice")
    assert not starts_keyframe(b"")


def test_loss_is_reported_until_it_is_repaired() -> None:
    """A missing packet is asked for at once, again a little later, and not any more when it came or is too old."""
    time = Time()
    reporter = LossReporter(time)
    assert not reporter.add(Rtp(65_534, 0))
    assert reporter.add(Rtp(1, 0))
    assert reporter.missing == {65_535, 0}
    assert not reporter.add(Rtp(65_535, 0))
    time.now_s += 0.05
    assert reporter.add(Rtp(2, 0))
    assert reporter.missing == {0}
    time.now_s += REPAIR_S
    assert not reporter.add(Rtp(3, 0))
    assert reporter.missing == set()


def test_huge_jump_asks_for_few_packets() -> None:
    """A jump of thousands does not make a request for thousands."""
    reporter = LossReporter(Time())
    reporter.add(Rtp(0, 0))
    assert reporter.add(Rtp(20_000, 0))
    assert len(reporter.missing) <= 128
