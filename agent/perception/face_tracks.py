"""Follows the faces of one call from frame to frame and keeps to one of them: the customer's."""

import math
from dataclasses import dataclass, field, replace
from typing import Protocol

from agent.core.types import Box, Bystander
from agent.perception.detection import Detection
from agent.perception.regions import Points, Region, distance, growth, overlap, rescale

SEARCH_EVERY_MS = 1_000
"""How often a picture whose customer is followed is searched for other faces."""
SEARCH_WITH_COMPANY_EVERY_MS = 300
"""The same while there are others, whose boxes move only when they are found anew."""
KEPT_MS = 3_000
"""How long a face that is out of sight stays the same face, and the customer the customer."""
BACKGROUND_RATIO = 0.2
ABSENT_MS = 30_000
"""For so long after the customer has gone, a face that is less prominent than this share of theirs stays a bystander:
faces on a poster behind an empty chair are not the next customer."""
TAKEOVER_RATIO = 1.6
TAKEOVER_MS = 2_000
"""Somebody becomes the customer by being this much more prominent, for this long without a break."""
MIN_OVERLAP = 0.2
NEAR = 0.75
"""Two boxes show the same face when they overlap by the one or their centres are within the other, in face sides."""
CERTAIN_SCORE_PROB = 0.75
"""A face that no mesh was read of is spoken of once it was found as surely as this: upright faces before the camera
have 0.85 and more, letters on a title card had up to 0.71."""
RETURN_NEAR = 2.0
"""How far, in face sides, the customer may have moved while not followed."""
SAME_SIZE = 1.6
"""Nobody grows or shrinks by more than this between two searches, or while out of sight for a moment."""
LEAP = 1.35
LEAP_MS = 200
"""A mesh that grows or shrinks by this factor within that time has slipped onto somebody who passes in front."""


@dataclass(slots=True, kw_only=True)
class FaceTrack:
    """One face that is followed."""

    track_id: int
    box: Box
    seen_ms: float
    certain: bool = False
    """Whether it was ever found surely, or read."""
    prominence: float = 0.0
    speed_px_per_ms: tuple[float, float] = (0.0, 0.0)
    """How the box moved between the last two searches."""
    outshining_since_ms: float | None = None
    """Since when this bystander has been far more prominent than the customer."""
    region: Region | None = None
    """Where to look for the face in the next frame; only the customer's face has one, and only while it is seen."""


class Follower(Protocol):
    """What another library keeps of one call's faces from frame to frame."""

    def close(self) -> None: ...


@dataclass(slots=True)
class FaceTracks:
    """The faces of one call. Times are the frames' own, in milliseconds of the track."""

    customer: FaceTrack | None = None
    others: list[FaceTrack] = field(default_factory=list)
    searched_ms: float = -math.inf
    look_closer: bool = False
    """Search the middle of the picture next, where a face that is too small for the whole is large enough."""
    given_ids: int = 0
    left_ms: float = -math.inf
    left_prominence: float = 0.0
    """When the last customer was given up, and how prominent they had been."""
    size_px: tuple[int, int] | None = None
    """Width and height of the last picture, which the tracks are in pixels of."""
    follower: Follower | None = None
    """None with our own models, which follow faces by `FaceTrack.region`. Closed with these tracks."""

    def anew(self) -> "FaceTracks":
        """Tracks that follow nobody yet and go on counting ids. These here are closed."""
        self.close()
        return FaceTracks(given_ids=self.given_ids)

    def close(self) -> None:
        """Frees what another library holds for these tracks."""
        if self.follower is not None:
            self.follower.close()
            self.follower = None

    def in_picture(self, width_px: int, height_px: int) -> None:
        """Takes the size of the next picture. Browsers send smaller and larger ones as the line allows, and the agent
        asks for them: the faces stay the same, at the same place of it."""
        scale, self.size_px = rescale(self.size_px, (width_px, height_px)), (width_px, height_px)
        if scale is None:
            return
        for track in filter(None, (self.customer, *self.others)):
            track.box = scale.box(track.box)
            x, y = track.speed_px_per_ms
            track.speed_px_per_ms = (x * scale.x, y * scale.y)
            if track.region is not None:
                track.region = track.region.scaled(scale.x) if scale.same_shape else None

    def search_due(self, at_ms: float) -> bool:
        """Whether the whole picture should be searched although the customer is followed."""
        every_ms = SEARCH_WITH_COMPANY_EVERY_MS if self.others else SEARCH_EVERY_MS
        return abs(at_ms - self.searched_ms) >= every_ms

    def followed(self, box: Box, region: Region, at_ms: float) -> None:
        """The customer's face was read at `box`; the next frame is read at `region`."""
        assert self.customer is not None
        self.customer.box, self.customer.region, self.customer.seen_ms = box, region, at_ms
        self.customer.certain = True

    def leaps(self, box: Box, at_ms: float) -> bool:
        """Whether the customer's face, just seen, cannot have become the one at `box`."""
        customer = self.customer
        if customer is None or not 0 < at_ms - customer.seen_ms <= LEAP_MS:
            return False
        return growth(customer.box, box) > LEAP

    def lost(self) -> None:
        """The customer's face could not be read where it was expected."""
        if self.customer is not None:
            self.customer.region = None

    def searched(
        self, found: list[Detection], *, width_px: int, height_px: int, at_ms: float, max_faces: int
    ) -> Detection | None:
        """Takes in a search of the whole picture; the customer's detection, if it is among them.

        The customer is kept while in sight and for `KEPT_MS` after. Then, or when somebody else was far more prominent
        for `TAKEOVER_MS`, the most prominent face in sight becomes the customer.
        """
        self.searched_ms = at_ms
        self.look_closer = not found and not self.look_closer
        mine = self._assign(found, width_px=width_px, height_px=height_px, at_ms=at_ms)
        self.others = [track for track in self.others if at_ms - track.seen_ms < KEPT_MS]
        self._choose(at_ms)
        self.others.sort(key=lambda track: -track.prominence)
        del self.others[max_faces - 1 :]
        return mine.get(self.customer.track_id) if self.customer else None

    def bystanders(self) -> tuple[Bystander, ...]:
        return tuple(Bystander(track_id=track.track_id, box=track.box) for track in self.others if track.certain)

    def _assign(self, found: list[Detection], *, width_px: int, height_px: int, at_ms: float) -> dict[int, Detection]:
        """Gives each detection to the nearest face known, or to a new one. Detections by track id."""
        known = [self.customer, *self.others] if self.customer else list(self.others)
        boxes = [_expected(track, at_ms) for track in known]
        pairs = sorted(
            (distance(box, one.box) + math.log(growth(box, one.box)), i, j)
            for i, box in enumerate(boxes)
            for j, one in enumerate(found)
        )
        taken: dict[int, int] = {}
        for _, i, j in pairs:
            if i not in taken and j not in taken.values() and self._same(known[i], boxes[i], found[j].box):
                taken[i] = j
        for j, one in enumerate(found):
            if j not in taken.values():
                self.given_ids += 1
                track = FaceTrack(track_id=self.given_ids, box=one.box, seen_ms=at_ms)
                known.append(track)
                self.others.append(track)
                taken[len(known) - 1] = j
        for i, j in taken.items():
            if known[i].region is None:
                known[i].speed_px_per_ms = _speed(known[i], found[j].box, at_ms)
                known[i].box = found[j].box
            known[i].seen_ms = at_ms
            known[i].certain = known[i].certain or found[j].score_prob >= CERTAIN_SCORE_PROB
            known[i].prominence = prominence(found[j].box, width_px=width_px, height_px=height_px)
        return {known[i].track_id: found[j] for i, j in taken.items()}

    def _same(self, track: FaceTrack, expected: Box, box: Box) -> bool:
        was_lost = track is self.customer and track.region is None
        near = distance(expected, box) < (RETURN_NEAR if was_lost else NEAR) or overlap(expected, box) > MIN_OVERLAP
        return near and growth(track.box, box) < SAME_SIZE

    def _choose(self, at_ms: float) -> None:
        """Makes another face the customer when the customer is gone or was outshone for long."""
        best = max(self.others, key=lambda track: track.prominence, default=None)
        if self.customer is not None and at_ms - self.customer.seen_ms >= KEPT_MS:
            self.left_ms, self.left_prominence = at_ms, self.customer.prominence
            self.customer = None
        if self.customer is None:
            least = BACKGROUND_RATIO * self.left_prominence if abs(at_ms - self.left_ms) < ABSENT_MS else 0.0
            self.customer = best if best is not None and best.prominence >= least else None
        elif best is not None and self._outshone_long(self.customer, best, at_ms):
            self.customer.region = None
            self.others.append(self.customer)
            self.customer = best
        if best is not None and self.customer is best:
            self.others.remove(best)
            best.outshining_since_ms = None

    def _outshone_long(self, customer: FaceTrack, best: FaceTrack, at_ms: float) -> bool:
        """Whether `best` has been far more prominent than the customer in every search for `TAKEOVER_MS`."""
        for track in self.others:
            in_sight = track.seen_ms == at_ms
            if not in_sight or track.prominence < TAKEOVER_RATIO * customer.prominence:
                track.outshining_since_ms = None
            elif track.outshining_since_ms is None:
                track.outshining_since_ms = at_ms
        return best.outshining_since_ms is not None and at_ms - best.outshining_since_ms >= TAKEOVER_MS


def _expected(track: FaceTrack, at_ms: float) -> Box:
    """Where a face is now if it went on as it moved; one that is followed is where it was seen a frame ago."""
    elapsed_ms = min(max(at_ms - track.seen_ms, 0.0), SEARCH_WITH_COMPANY_EVERY_MS)
    if track.region is not None:
        elapsed_ms = 0.0
    x, y = track.speed_px_per_ms
    box = track.box
    return replace(box, left_px=box.left_px + x * elapsed_ms, top_px=box.top_px + y * elapsed_ms)


def _speed(track: FaceTrack, box: Box, at_ms: float) -> tuple[float, float]:
    elapsed_ms = at_ms - track.seen_ms
    if not 0 < elapsed_ms <= 2 * SEARCH_WITH_COMPANY_EVERY_MS:
        return 0.0, 0.0
    x = box.left_px + box.width_px / 2 - track.box.left_px - track.box.width_px / 2
    y = box.top_px + box.height_px / 2 - track.box.top_px - track.box.height_px / 2
    return x / elapsed_ms, y / elapsed_ms


def prominence(box: Box, *, width_px: int, height_px: int) -> float:
    """Share of the picture that a face covers, halved towards the corners: the customer sits in the middle."""
    x = box.left_px + box.width_px / 2 - width_px / 2
    y = box.top_px + box.height_px / 2 - height_px / 2
    off_centre = math.hypot(x, y) / math.hypot(width_px / 2, height_px / 2)
    return box.width_px * box.height_px / (width_px * height_px) * (1 - min(off_centre, 1.0) / 2)


def face_region(points: Points) -> Region:
    """Where the mesh looks, from the mesh of the frame before: eyes level, 1.5 times the face (MediaPipe's choice)."""
    right_eye, left_eye = points[33], points[263]
    angle = math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    return Region.around(points, angle_rad=angle, scale=1.5)


def detected_region(found: Detection) -> Region:
    """Where the mesh looks, from a detection."""
    right_eye, left_eye = found.points_px[0], found.points_px[1]
    box = found.box
    return Region(
        x_px=box.left_px + box.width_px / 2,
        y_px=box.top_px + box.height_px / 2,
        side_px=1.5 * max(box.width_px, box.height_px),
        angle_rad=math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]),
    )
