"""Hands are found now and then, followed in between, told apart and given their side."""

import math
from pathlib import Path

import numpy as np
import pytest

from agent.core.settings import VisionSettings
from agent.inference.runtime import Runtime
from agent.perception.hands import Hand, HandReader, HandTracks, hand_region
from agent.perception.regions import Picture
from agent.perception.trace import FrameTrace
from tests.perception.pictures import add_hand, clip_frames, with_face, with_hand

FRAME_MS = 1000 / 15
HAND_MODEL = "hand_landmark_int8"
EMPTY = np.full((480, 640, 3), 125, np.uint8)


@pytest.fixture(scope="module")
def reader(runtime: Runtime) -> HandReader:
    return HandReader(runtime, VisionSettings(hand_search_hz=3.0, max_hands=2))


def read(
    reader: HandReader, tracks: HandTracks, picture: Picture, at_ms: float = 0.0
) -> tuple[list[Hand], dict[str, int]]:
    """The hands, and which models ran how often."""
    trace = FrameTrace()
    reader.search(picture, tracks, at_ms, trace)
    return reader.read(picture, tracks, trace), dict(trace.model_runs)


@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
@pytest.mark.parametrize("scale", [0.55, 0.8])
def test_reads_an_open_hand_and_its_side(reader: HandReader, left: bool, scale: float) -> None:
    """The palm of a right hand held up has its thumb on the right of a picture that is not mirrored."""
    (hand,), _ = read(reader, HandTracks(), with_hand(left=left, scale=scale))
    assert hand.side == ("left" if left else "right")
    assert hand.presence_prob > 0.5
    assert hand.landmarks_px.shape == hand.world_m.shape == (21, 3)
    assert not hand.landmarks_px.flags.writeable and not hand.world_m.flags.writeable
    tip_of_middle, wrist = hand.landmarks_px[12], hand.landmarks_px[0]
    np.testing.assert_allclose(
        tip_of_middle[:2], (320 + (-9 if left else 9) * scale, 260 - 158 * scale), atol=25 * scale
    )
    assert wrist[1] > tip_of_middle[1]
    assert 0.1 < np.ptp(hand.world_m[:, 1]) < 0.25, "a hand is 10 to 25 cm long"


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_world_landmarks_are_turned_as_the_picture_is(reader: HandReader, quarter_turns: int) -> None:
    """The model sees every hand upright; in metres, too, its fingers point where the picture shows them to."""
    picture = np.ascontiguousarray(np.rot90(with_hand(width=480, x=240, scale=0.8), quarter_turns))
    (hand,), _ = read(reader, HandTracks(), picture)
    in_picture, in_metres = (points[12, :2] - points[0, :2] for points in (hand.landmarks_px, hand.world_m))
    cosine = in_picture @ in_metres / np.linalg.norm(in_picture) / np.linalg.norm(in_metres)
    assert cosine > math.cos(math.radians(20))


@pytest.mark.parametrize(
    ("x", "y"), [(590, 250), (60, 250), (320, 60)], ids=["right edge", "left edge", "fingers cut off"]
)
def test_a_hand_at_the_edge(reader: HandReader, x: float, y: float) -> None:
    """Part of a hand beyond the picture's edge is guessed near it, or the hand is not reported; nothing fails."""
    for hand in read(reader, HandTracks(), with_hand(x=x, y=y, scale=0.7))[0]:
        assert np.isfinite(hand.landmarks_px).all()
        assert -150 < hand.landmarks_px[:, 0].min() and hand.landmarks_px[:, 0].max() < 640 + 150
        assert hand.side == "right" or y < 100, "without fingers the side cannot be told"


def test_two_hands_are_two(reader: HandReader) -> None:
    """A left and a right hand have ids of their own, and the palm search rests once both are followed."""
    tracks = HandTracks()
    picture = add_hand(with_hand(x=170, y=250, scale=0.55), x=470, y=250, scale=0.55, left=True)
    first, _ = read(reader, tracks, picture)
    assert {hand.side for hand in first} == {"left", "right"}
    assert len({hand.track_id for hand in first}) == 2
    for number in range(1, 30):
        hands, runs = read(reader, tracks, picture, number * FRAME_MS)
        assert [hand.track_id for hand in hands] == [hand.track_id for hand in first]
        assert runs == {HAND_MODEL: 2}


def test_follows_a_moving_hand(reader: HandReader) -> None:
    """One hand keeps its id while it moves, is never counted twice, and palms are searched once a second meanwhile."""
    tracks, searches = HandTracks(), 0
    for number in range(30):
        hands, runs = read(reader, tracks, with_hand(x=150 + 8 * number, scale=0.6), number * FRAME_MS)
        assert [hand.track_id for hand in hands] == [1]
        searches += runs.get("palm_detection", 0)
    assert searches == 2
    assert hands[0].landmarks_px[9, 0] == pytest.approx(150 + 8 * 29, abs=25)


def test_searches_at_the_rate_that_is_set(reader: HandReader) -> None:
    """Two seconds without hands at 15 pictures a second cost six searches, and no hand model runs."""
    tracks, total = HandTracks(), 0
    for number in range(30):
        hands, runs = read(reader, tracks, EMPTY, number * FRAME_MS)
        assert hands == []
        assert runs.get(HAND_MODEL, 0) == 0
        total += runs.get("palm_detection", 0)
    assert total == 6


def test_a_hand_that_leaves_is_gone_at_once(reader: HandReader) -> None:
    """No hand is reported where none is seen; when one comes back it is a new one."""
    tracks = HandTracks()
    read(reader, tracks, with_hand(), 0)
    assert read(reader, tracks, EMPTY, FRAME_MS)[0] == []
    (again,), _ = read(reader, tracks, with_hand(), 2_000)
    assert again.track_id == 2


def test_without_hands_wanted_nothing_runs(runtime: Runtime) -> None:
    """`max_hands` 0 costs nothing."""
    hands, runs = read(HandReader(runtime, VisionSettings(max_hands=0)), HandTracks(), with_hand())
    assert hands == [] and runs == {}


def test_a_face_is_no_hand(reader: HandReader) -> None:
    """A portrait without hands has none."""
    assert read(reader, HandTracks(), with_face(face_px=200))[0] == []


@pytest.mark.parametrize("turned_deg", [0, 40, 90, 180, -120])
def test_the_region_turns_with_the_hand(turned_deg: float) -> None:
    """The next frame is read with the fingers upwards, however the hand is turned."""
    up = np.zeros((21, 3), np.float32)
    up[:, 1] = -np.linspace(0, 80, 21)
    up[:, 0] = np.tile([-20, 0, 20], 7)
    up[[5, 9, 13]] = [(-15, -60, 0), (0, -62, 0), (15, -60, 0)]
    up[0] = 0
    angle = math.radians(turned_deg)
    turned = up.copy()
    turned[:, 0] = up[:, 0] * math.cos(angle) - up[:, 1] * math.sin(angle)
    turned[:, 1] = up[:, 0] * math.sin(angle) + up[:, 1] * math.cos(angle)
    difference = math.degrees(hand_region(turned).angle_rad) - turned_deg
    assert (difference + 180) % 360 - 180 == pytest.approx(0, abs=1)


@pytest.mark.shared_data
@pytest.mark.timeout(60)
def test_reads_the_right_hand_of_a_real_person(runtime: Runtime, shared_data: Path) -> None:
    """In the clip one right hand touches the face for about four seconds; mirrored, it is a left one."""
    frames = clip_frames(shared_data / "video" / "strong_emotion.mp4", every=2)[30:110]
    for mirrored, side in ((False, "right"), (True, "left")):
        reader, tracks = HandReader(runtime, VisionSettings()), HandTracks()
        seen = []
        for frame in frames:
            picture = frame.pixels.rgb()
            picture = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
            seen.append(read(reader, tracks, picture, frame.stamp.media_ms)[0])
        assert all(len(hands) <= 1 for hands in seen)
        sides: list[str] = [hand.side for hands in seen for hand in hands]
        assert len(sides) > 50
        assert sides.count(side) / len(sides) > 0.95
