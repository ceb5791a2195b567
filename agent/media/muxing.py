"""Puts recorded frames, as they were encoded, into a file that players open; nothing is encoded again."""

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, Packet
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from agent.core.errors import NotMedia
from agent.core.recorded import Kind, RecordedFrame, Tracks
from agent.media.reassembly import starts_keyframe

LOOK_US = 10_000_000
"""So much of the beginning is looked at to find out how the tracks lie to each other."""
JUMP_US = 2_000_000
"""RTP times that leave the times of arrival by more have begun anew."""
US_PER_S = 1_000_000
_OUT_US = Fraction(1, US_PER_S)
_VP8, _H264, _OPUS = "video/vp8", "video/h264", "audio/opus"
RECORDABLE = frozenset({_VP8, _H264, _OPUS})
"""Codecs, in lower case, whose frames can be put into files."""
HOLDS = {".webm": {_VP8, _OPUS}, ".mkv": {_VP8, _H264, _OPUS}, ".mp4": {_H264, _OPUS}}
"""By the ending of a file's name, what such a file can hold."""


@dataclass(slots=True, kw_only=True)
class _Line:
    """Where the frames of one track lie in the file, in us. Pictures begin, and go on after a gap, with a keyframe."""

    clock_hz: int
    ahead_us: int
    """By how much the track's own time is ahead of the time of arrival, less the way that the quickest frame took."""
    stream: Stream
    last_us: int = -1
    lacks_keyframe: bool

    def place(self, frame: RecordedFrame) -> int:
        own_us = _own_us(frame, self.clock_hz)
        if abs(own_us - self.ahead_us - frame.arrived_us) > JUMP_US:
            self.ahead_us = own_us - frame.arrived_us
        # Containers count milliseconds, and want each later than the last.
        self.last_us = max(own_us - self.ahead_us, self.last_us + 1_000)
        return self.last_us


@dataclass(slots=True)
class Muxed:
    """What got into the file."""

    seconds: float = 0.0
    frames: dict[Kind, int] = field(default_factory=dict)


def mux(tracks: Tracks, frames: Iterable[RecordedFrame | None], out: Path) -> Muxed:
    """Writes `frames`, in order of arrival, into `out`, which is a WebM, MKV or MP4 file by its name; None among them
    stands for some that are missing. Blocks.

    Raises `NotMedia` where there is nothing to be seen or heard, or where such a file cannot hold what it is encoded
    in, and `OSError` for one that cannot be written.
    """
    _require_room(tracks, out)
    rest = iter(frames)
    beginning = list(_first(rest))
    shown = [frame for frame in beginning if frame is not None]
    examples = {kind: example for kind in tracks if (example := _example(kind, shown)) is not None}
    if not examples:
        raise NotMedia("the recording holds no picture and no sound that can be played")
    muxed = Muxed(frames=dict.fromkeys(examples, 0))
    with av.open(str(out), "w") as file:
        lines = {kind: _line(file, tracks, example, shown) for kind, example in examples.items()}
        begin_us = min(
            _own_us(example, lines[kind].clock_hz) - lines[kind].ahead_us for kind, example in examples.items()
        )
        for frame in chain(beginning, rest):
            if frame is None:
                for kind, line in lines.items():
                    line.lacks_keyframe = kind == "video"
            elif frame.kind in lines and (packet := _packet(lines[frame.kind], frame, begin_us)) is not None:
                file.mux(packet)
                muxed.frames[frame.kind] += 1
                muxed.seconds = max(muxed.seconds, (lines[frame.kind].last_us - begin_us) / US_PER_S)
    return muxed


def endings_for(tracks: Tracks) -> list[str]:
    """Endings of names of files that can hold these, the best first."""
    return [ending for ending, holds in HOLDS.items() if _codecs(tracks) <= holds]


def _require_room(tracks: Tracks, out: Path) -> None:
    fitting = endings_for(tracks)
    if out.suffix.lower() not in fitting:
        held = " and ".join(sorted(_codecs(tracks)))
        raise NotMedia(f"{out.name} cannot hold {held}; give a name that ends in {' or '.join(fitting)}")


def _codecs(tracks: Tracks) -> set[str]:
    return {track.codec.lower() for track in tracks.values()}


def _first(frames: Iterator[RecordedFrame | None]) -> Iterator[RecordedFrame | None]:
    """Those of the first `LOOK_US`."""
    for frame in frames:
        yield frame
        if frame is not None and frame.arrived_us > LOOK_US:
            return


def _example(kind: Kind, frames: Iterable[RecordedFrame]) -> RecordedFrame | None:
    """The first frame of a track with which a player can begin."""
    own = (frame for frame in frames if frame.kind == kind)
    return next((frame for frame in own if kind == "audio" or starts_keyframe(frame.data)), None)


def _line(file: OutputContainer, tracks: Tracks, example: RecordedFrame, frames: Iterable[RecordedFrame]) -> _Line:
    track, kind = tracks[example.kind], example.kind
    aheads_us = [_own_us(frame, track.clock_hz) - frame.arrived_us for frame in frames if frame.kind == kind]
    with _opened(track.codec.lower(), example.data) as like:
        streams = like.streams.video if kind == "video" else like.streams.audio
        stream: VideoStream | AudioStream = file.add_stream_from_template(streams[0])
    return _Line(clock_hz=track.clock_hz, ahead_us=max(aheads_us), stream=stream, lacks_keyframe=kind == "video")


def _packet(line: _Line, frame: RecordedFrame, begin_us: int) -> "Packet[Stream] | None":
    """None for a picture that builds on one that is missing."""
    keyframe = frame.kind == "audio" or starts_keyframe(frame.data)
    if line.lacks_keyframe and not keyframe:
        return None
    line.lacks_keyframe = False
    packet = Packet(frame.data)
    packet.stream = line.stream
    packet.time_base = _OUT_US
    packet.pts = packet.dts = max(0, line.place(frame) - begin_us)
    packet.is_keyframe = keyframe
    return packet


def _own_us(frame: RecordedFrame, clock_hz: int) -> int:
    return frame.timestamp * US_PER_S // clock_hz


def _opened(codec: str, data: bytes) -> InputContainer:
    """A file of this codec, for what its stream says of itself: of pictures that of the keyframe `data`."""
    match codec:
        case "video/vp8":
            return av.open(io.BytesIO(_ivf(data)), "r", format="ivf")
        case "video/h264":
            return av.open(io.BytesIO(data), "r", format="h264")
        case _:
            return av.open(io.BytesIO(_silence()), "r", format="matroska")


def _ivf(keyframe: bytes) -> bytes:
    """A VP8 keyframe as the only one of an IVF file; its size stands in it (RFC 6386, section 9.1)."""
    size_px = (int.from_bytes(keyframe[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", *size_px, US_PER_S, 1, 1, 0)
    return head + struct.pack("<IQ", len(keyframe), 0) + keyframe


def _silence() -> bytes:
    """A little Opus in stereo, as WebRTC has it whatever is sent (RFC 7587, section 7)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as file:
        stream = file.add_stream("libopus", rate=48_000)
        stream.layout = "stereo"
        frame = AudioFrame.from_ndarray(np.zeros((1, 1_920), np.int16), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()
