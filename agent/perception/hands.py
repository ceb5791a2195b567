"""Follows the hands of one call: finds palms now and then, reads 21 landmarks a hand on every frame in between."""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.core.settings import VisionSettings
from agent.core.types import Box, read_only
from agent.inference.runtime import Runtime
from agent.perception.detection import Detection, Detector
from agent.perception.regions import Picture, Points, Region, Rescale, box_around, overlap, rescale
from agent.perception.trace import FrameTrace

BEGIN_PROB, KEEP_PROB = 0.7, 0.5
"""How sure the hand model must be of a new hand, and of one that is followed: folds of cloth pass for half a hand."""
SAME_HAND_OVERLAP = 0.4
"""Two hands whose boxes overlap more than this are one hand that was found twice."""
SIDE_MEMORY = 0.8
"""Share of what was known before in which hand it is; a hand does not change sides, single frames err."""
SEARCHES_WITH_A_HAND = 1 / 3
"""How often palms are searched while a hand is followed, relative to when none is: the search costs most of all."""

_WRIST = 0
_INDEX, _MIDDLE, _RING = 5, 9, 13
_STABLE = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
"""Landmarks that move little when fingers do; the next frame is read around them (MediaPipe's choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One hand in one frame, before its sign is read."""

    track_id: int
    side: Literal["left", "right"]
    presence_prob: float
    landmarks_px: Points = field(repr=False)
    """(21, 3) in pixels of the picture."""
    world_m: NDArray[np.float32] = field(repr=False)
    """(21, 3) metres about the hand's centre; axes as in the picture, z away from the camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the hand model says of one region of a picture, whether or not it shows a hand."""

    presence_prob: float
    right_prob: float
    """Probability that it is the person's right hand, in a picture that is not mirrored."""
    landmarks_px: Points = field(repr=False)
    """As in `Hand`."""
    world_m: NDArray[np.float32] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class HandTrack:
    """One hand that is followed."""

    track_id: int
    region: Region
    box: Box
    right_prob: float
    """Probability that it is the person's right hand, smoothed."""

    def scaled(self, scale: Rescale) -> "HandTrack":
        """The same hand in a picture of another size."""
        return replace(self, region=self.region.scaled(scale.x), box=scale.box(self.box))


@dataclass(slots=True)
class HandTracks:
    """The hands of one call. Times are the frames' own, in milliseconds of the track."""

    followed: list[HandTrack] = field(default_factory=list)
    found: list[Detection] = field(default_factory=list)
    """Palms that the last search found and that were not read yet."""
    searched_ms: float = -math.inf
    given_ids: int = 0
    size_px: tuple[int, int] | None = None
    """Width and height of the last picture, which the tracks are in pixels of."""

    def in_picture(self, width_px: int, height_px: int) -> None:
        """Takes the size of the next picture: the same hands in another size are followed, in another shape they are
        searched for anew."""
        scale, self.size_px = rescale(self.size_px, (width_px, height_px)), (width_px, height_px)
        if scale is None:
            return
        self.found = []
        self.followed = [track.scaled(scale) for track in self.followed] if scale.same_shape else []


class HandReader:
    """One thread's hand models: MediaPipe's palm detector and hand landmarks, on the processor in int8, which costs
    about half and moves a landmark by 1 % of a palm's length."""

    def __init__(self, runtime: Runtime, settings: VisionSettings) -> None:
        self._max_hands = settings.max_hands
        self._search_every_ms = 1_000 / settings.hand_search_hz
        self._detector = Detector(runtime.open("palm_detection"))
        self._model = runtime.open("hand_landmark" if runtime.on_cuda else "hand_landmark_int8")
        self._crop = self._model.blank_input()

    def read(self, picture: Picture, tracks: HandTracks, trace: FrameTrace) -> list[Hand]:
        """The hands in view, at most `max_hands`: those followed, longest first, then those that `search` has found.

        Takes what was seen into `tracks`.
        """
        hands: list[Hand] = []
        before, tracks.followed = tracks.followed, []
        for track in before:
            self._read_one(picture, track, tracks, hands, trace)
        found, tracks.found = tracks.found, []
        for palm in found:
            if len(hands) < self._max_hands and not _known(palm, hands):
                tracks.given_ids += 1
                track = HandTrack(
                    track_id=tracks.given_ids, region=palm_region(palm), box=palm.box, right_prob=math.nan
                )
                self._read_one(picture, track, tracks, hands, trace)
        return hands

    def search(self, picture: Picture, tracks: HandTracks, at_ms: float, trace: FrameTrace) -> None:
        """Looks through the whole picture for palms if that is due; `read` reads what was found."""
        if self._search_due(tracks, at_ms):
            tracks.searched_ms = at_ms
            with trace.stage("palm_detection"):
                tracks.found = self._detector.detect(picture, trace)

    def _search_due(self, tracks: HandTracks, at_ms: float) -> bool:
        if len(tracks.followed) >= self._max_hands:
            return False
        every_ms = self._search_every_ms / (SEARCHES_WITH_A_HAND if tracks.followed else 1)
        return abs(at_ms - tracks.searched_ms) >= every_ms

    def look(self, picture: Picture, region: Region, trace: FrameTrace) -> Look:
        """Reads one region as a hand, fingers upwards in it."""
        region.cut(picture, self._crop[0])
        landmarks, presence, right, world = trace.run(self._model, self._crop)
        return Look(
            presence_prob=float(presence[0, 0]),
            right_prob=float(right[0, 0]),
            landmarks_px=read_only(region.to_picture(landmarks[0], self._crop.shape[1])),
            world_m=read_only(_turned(world[0], region.angle_rad)),
        )

    def _read_one(
        self, picture: Picture, track: HandTrack, tracks: HandTracks, hands: list[Hand], trace: FrameTrace
    ) -> None:
        """Reads the hand where it is expected; adds it to `tracks` and `hands` if it is there and not yet known."""
        with trace.stage("hand"):
            seen = self.look(picture, track.region, trace)
        new = math.isnan(track.right_prob)
        if seen.presence_prob < (BEGIN_PROB if new else KEEP_PROB) or not np.isfinite(seen.landmarks_px).all():
            return
        track.box = box_around(seen.landmarks_px)
        if any(overlap(track.box, other.box) > SAME_HAND_OVERLAP for other in tracks.followed):
            return
        track.region = hand_region(seen.landmarks_px)
        if new:
            track.right_prob = seen.right_prob
        track.right_prob = SIDE_MEMORY * track.right_prob + (1 - SIDE_MEMORY) * seen.right_prob
        tracks.followed.append(track)
        hands.append(
            Hand(
                track_id=track.track_id,
                side="right" if track.right_prob > 0.5 else "left",
                presence_prob=seen.presence_prob,
                landmarks_px=seen.landmarks_px,
                world_m=seen.world_m,
            )
        )


def palm_region(palm: Detection) -> Region:
    """Where the hand is, from its palm: wrist to middle knuckle upwards, half a palm raised, 2.6 times its size."""
    wrist, middle = palm.points_px[0], palm.points_px[2]
    angle = math.atan2(middle[1] - wrist[1], middle[0] - wrist[0]) + math.pi / 2
    box = palm.box
    return Region(
        x_px=box.left_px + box.width_px / 2 + 0.5 * box.height_px * math.sin(angle),
        y_px=box.top_px + box.height_px / 2 - 0.5 * box.height_px * math.cos(angle),
        side_px=2.6 * max(box.width_px, box.height_px),
        angle_rad=angle,
    )


def hand_region(points: Points) -> Region:
    """Where the hand is in the next frame: fingers upwards, a tenth raised, twice the size of the stable landmarks."""
    towards = ((points[_INDEX] + points[_RING]) / 2 + points[_MIDDLE]) / 2 - points[_WRIST]
    angle = math.atan2(towards[1], towards[0]) + math.pi / 2
    return Region.around(points[_STABLE], angle_rad=angle, scale=2.0, raise_by=0.1)


def _turned(points: NDArray[np.float32], angle_rad: float) -> NDArray[np.float32]:
    """Points (n, 3) turned clockwise about z."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    rotation = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
    return np.asarray(points @ rotation, np.float32)


def _known(palm: Detection, hands: list[Hand]) -> bool:
    """Whether the palm belongs to a hand that was just read: its centre lies within the hand's box."""
    x = palm.box.left_px + palm.box.width_px / 2
    y = palm.box.top_px + palm.box.height_px / 2
    for hand in hands:
        low, high = hand.landmarks_px[:, :2].min(axis=0), hand.landmarks_px[:, :2].max(axis=0)
        if low[0] <= x <= high[0] and low[1] <= y <= high[1]:
            return True
    return False
