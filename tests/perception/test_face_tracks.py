"""The customer stays the customer: through turns of the head, short absences, passers-by and changed places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.core.types import Box
from agent.perception.detection import Detection
from agent.perception.face_tracks import ABSENT_MS, KEPT_MS, TAKEOVER_MS, FaceTracks, detected_region, prominence

WIDTH, HEIGHT = 640, 480


def found(x: float, side: float = 100, y: float = 240) -> Detection:
    """A face of that side with its centre at (x, y)."""
    eyes = np.array([[x - side / 5, y - side / 6], [x + side / 5, y - side / 6]], np.float32)
    box = Box(left_px=x - side / 2, top_px=y - side / 2, width_px=side, height_px=side)
    return Detection(score_prob=0.9, box=box, points_px=eyes)


def search(tracks: FaceTracks, at_ms: float, *faces: Detection, max_faces: int = 3) -> Detection | None:
    """One search of the whole picture, after which the customer's face, if found, is followed."""
    mine = tracks.searched(list(faces), width_px=WIDTH, height_px=HEIGHT, at_ms=at_ms, max_faces=max_faces)
    if mine is not None:
        tracks.followed(mine.box, detected_region(mine), at_ms)
    return mine


def customer_id(tracks: FaceTracks) -> int | None:
    return tracks.customer.track_id if tracks.customer else None


def test_the_largest_and_most_central_face_is_the_customer() -> None:
    """Of several faces in the first picture the prominent one is read; the others are boxes with ids of their own."""
    tracks = FaceTracks()
    near = found(330, 160)
    assert search(tracks, 0, found(80, 90), near, found(600, 110)) is near
    ids = {bystander.track_id for bystander in tracks.bystanders()}
    assert len(ids) == 2 and customer_id(tracks) not in ids


def test_a_bigger_face_must_stay_to_take_over() -> None:
    """Somebody who leans in for a moment is a bystander; somebody who stays in front becomes the customer."""
    tracks = FaceTracks()
    search(tracks, 0, found(320, 100))
    first = customer_id(tracks)
    at_ms = 0.0
    while at_ms < TAKEOVER_MS - 300:
        at_ms += 300
        search(tracks, at_ms, found(320, 100), found(500, 220))
        assert customer_id(tracks) == first
    search(tracks, at_ms + 300, found(320, 100))
    at_ms += 600
    for _ in range(3):
        search(tracks, at_ms, found(320, 100), found(500, 220))
        assert customer_id(tracks) == first, "the time in front starts anew after a break"
        at_ms += 300
    for _ in range(10):
        search(tracks, at_ms, found(320, 100), found(500, 220))
        at_ms += 300
    assert customer_id(tracks) != first
    assert first in {bystander.track_id for bystander in tracks.bystanders()}


def test_two_people_who_change_places_keep_their_ids() -> None:
    """Each face keeps its id while it moves by less than its size between searches, also when they pass each other."""
    tracks = FaceTracks()
    search(tracks, 0, found(200, 130, y=200), found(440, 90, y=300))
    first = customer_id(tracks)
    for step in range(1, 13):
        mine = found(200 + 20 * step, 130, y=200)
        other = found(440 - 20 * step, 90, y=300)
        assert search(tracks, 300 * step, other, mine) is mine
        assert customer_id(tracks) == first
    assert len(tracks.bystanders()) == 1


def test_the_customer_comes_back_as_the_same_person_soon_after() -> None:
    """A face that was out of sight for less than the grace keeps its id, even if it moved a little."""
    tracks = FaceTracks()
    search(tracks, 0, found(320))
    first = customer_id(tracks)
    tracks.lost()
    search(tracks, 500)
    assert customer_id(tracks) == first
    search(tracks, KEPT_MS - 100, found(450))
    assert customer_id(tracks) == first


def test_a_customer_who_left_is_forgotten() -> None:
    """After the grace the picture has no customer; whoever comes next is somebody new."""
    tracks = FaceTracks()
    search(tracks, 0, found(320))
    first = customer_id(tracks)
    tracks.lost()
    assert search(tracks, KEPT_MS + 1) is None
    assert customer_id(tracks) is None
    search(tracks, 3 * KEPT_MS, found(320))
    assert customer_id(tracks) is not None and customer_id(tracks) != first


def test_a_bystander_is_not_read_while_the_customer_is_briefly_away() -> None:
    """The one who remains becomes the customer only after the grace."""
    tracks = FaceTracks()
    search(tracks, 0, found(320, 150), found(80, 90))
    first = customer_id(tracks)
    tracks.lost()
    assert search(tracks, 300, found(80, 90)) is None
    assert customer_id(tracks) == first
    assert search(tracks, KEPT_MS + 300, found(80, 90)) is not None
    assert customer_id(tracks) != first


def test_the_detector_rests_while_the_customer_is_alone() -> None:
    """With one face a search is due once a second, with company more often, and at once after time jumped."""
    tracks = FaceTracks()
    search(tracks, 0, found(320))
    assert not tracks.search_due(900) and tracks.search_due(1_000)
    search(tracks, 1_000, found(320), found(80, 60))
    assert not tracks.search_due(1_200) and tracks.search_due(1_300)
    assert tracks.search_due(-5_000)


@given(st.lists(st.lists(st.tuples(st.floats(0, WIDTH), st.floats(20, 300)), max_size=6), max_size=12))
def test_faces_never_share_an_id_nor_exceed_the_limit(searches: list[list[tuple[float, float]]]) -> None:
    """Whatever is found, ids are unique, at most `max_faces` are kept, and where a face is seen there is a customer."""
    tracks = FaceTracks()
    for number, faces in enumerate(searches):
        search(tracks, 300.0 * number, *(found(x, side) for x, side in faces), max_faces=2)
        ids = [bystander.track_id for bystander in tracks.bystanders()]
        if tracks.customer is not None:
            ids.append(tracks.customer.track_id)
        assert len(ids) == len(set(ids)) <= 2
        assert tracks.customer is not None or not faces


def test_prominence_prefers_large_and_central() -> None:
    """A face twice as wide is four times as prominent; one in the corner counts half."""
    middle = Box(left_px=270, top_px=190, width_px=100, height_px=100)
    larger = Box(left_px=220, top_px=140, width_px=200, height_px=200)
    corner = Box(left_px=-50, top_px=-50, width_px=100, height_px=100)
    at_middle = prominence(middle, width_px=WIDTH, height_px=HEIGHT)
    assert prominence(larger, width_px=WIDTH, height_px=HEIGHT) == 4 * at_middle
    assert prominence(corner, width_px=WIDTH, height_px=HEIGHT) == at_middle / 2


def test_faces_that_meet_at_one_height_keep_their_ids() -> None:
    """Two bystanders of one size who cross keep going the way they went, and so keep their ids."""
    tracks = FaceTracks()

    def ids(step: int) -> list[int]:
        search(tracks, 300 * step, found(320, 200), found(80 + 45 * step, 70, y=60), found(560 - 45 * step, 70, y=60))
        return [track.track_id for track in sorted(tracks.others, key=lambda track: track.box.left_px)]

    left, right = ids(0)
    for step in range(1, 11):
        now = ids(step)
        assert sorted(now) == sorted((left, right))
    assert now == [right, left]


def test_somebody_of_another_size_does_not_return_as_the_customer() -> None:
    """Whoever comes into the place of a customer just lost is somebody else when far larger or smaller."""
    for side in (50, 190):
        tracks = FaceTracks()
        search(tracks, 0, found(320, 100))
        first = customer_id(tracks)
        tracks.lost()
        assert search(tracks, 600, found(330, side)) is None
        assert customer_id(tracks) == first
        assert search(tracks, 1_200, found(320, 110)) is not None, "the customer comes back beside them"
        assert customer_id(tracks) == first


def test_a_poster_is_not_the_next_customer() -> None:
    """Small faces behind an empty chair stay bystanders for long; whoever sits down is the customer."""
    tracks = FaceTracks()
    poster = found(200, 60, y=100), found(420, 55, y=110)
    search(tracks, 0, found(320, 180), *poster)
    first = customer_id(tracks)
    tracks.lost()
    for at_ms in range(1_000, 20_000, 1_000):
        assert search(tracks, at_ms, *poster) is None
    assert customer_id(tracks) is None
    assert search(tracks, 20_000, found(320, 170), *poster) is not None
    assert customer_id(tracks) != first
    second = customer_id(tracks)
    tracks.lost()
    for at_ms in range(21_000, 21_000 + KEPT_MS + ABSENT_MS + 3_000, 1_000):
        search(tracks, at_ms, *poster)
    assert customer_id(tracks) not in (None, first, second), "after a long absence whoever is there is read"


def test_a_mesh_that_leaps_has_slipped() -> None:
    """From one frame to the next no face grows by half; over a second it may."""
    tracks = FaceTracks()
    search(tracks, 0, found(320, 100))
    assert tracks.leaps(found(330, 150).box, 67) and tracks.leaps(found(330, 60).box, 67)
    assert not tracks.leaps(found(330, 110).box, 67)
    assert not tracks.leaps(found(330, 150).box, 1_000)
