"""What load callers send: a face and a voice, encoded once and kept in the cache, so that sending costs little."""

import hashlib
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from agent.core.folders import cache_folder
from agent.media.barcode import write_barcode
from benchmarks import face, voice_sounds
from benchmarks.face import HEIGHT_PX, WIDTH_PX, face_picture
from benchmarks.voice_sounds import OWN_LINES, OwnVoice

RATES_FPS = (30, 15, 12, 8)
WIDTHS_PX = (640, 480)
"""What a page is asked for when the agent is short of time, besides what it likes best."""
LOOP_S = 7.0
KEYFRAME_EVERY_S = 2.5
VIDEO_BITS = 1_000_000
"""A second at 640 pixels' width, as browsers send it; less in proportion to the area."""
AUDIO_BITS = 32_000
SPOKEN_LINES = 4
PAUSE_S = 4.0
"""After each line, for the agent to answer in."""
HUSH_S = 5
HUSH_RMS = 3e-4
SOUND_HZ, PACKET_SAMPLES = 48_000, 960


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """A loop of VP8 frames that begins with a keyframe."""

    fps: float
    width_px: int
    frames: list[bytes]
    keyframes: list[int]
    """Their places, ascending."""


class EncodedMedia(msgspec.Struct, frozen=True, kw_only=True):
    pictures: list[Pictures]
    """The largest and fastest first."""
    speech: list[bytes]
    """Opus packets of 20 ms, to be sent over and over: lines, and quiet between them."""
    hush: list[bytes]
    """The same of somebody who says nothing."""

    def closest(self, fps: float, width_px: int | None) -> Pictures:
        """The best pictures that are not more than wanted, of any width with None; the least if all are more."""
        widest_px = width_px or self.pictures[0].width_px
        fitting = [loop for loop in self.pictures if loop.fps <= fps and loop.width_px <= widest_px]
        return fitting[0] if fitting else self.pictures[-1]


def load(path: Path) -> EncodedMedia:
    return msgspec.msgpack.decode(path.read_bytes(), type=EncodedMedia)


def prepared() -> Path:
    """The file with everything encoded; made, in some seconds, unless the same code made it before."""
    sources = [Path(module.__file__ or "").read_bytes() for module in (face, voice_sounds)]
    digest = hashlib.sha256(b"".join([*sources, Path(__file__).read_bytes()])).hexdigest()[:16]
    path = cache_folder() / f"load-{digest}.msgpack"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(msgspec.msgpack.encode(_encoded()))
        unfinished.replace(path)
    return path


def _encoded() -> EncodedMedia:
    voice = OwnVoice()
    quiet = np.zeros(round(PAUSE_S * SOUND_HZ), np.float32)
    spoken = [part for text in OWN_LINES[:SPOKEN_LINES] for part in (voice.line(text).chunk.samples, quiet)]
    return EncodedMedia(
        pictures=[encoded_face(fps, width_px) for width_px in WIDTHS_PX for fps in RATES_FPS],
        speech=encoded_sound(np.concatenate(spoken)),
        hush=encoded_sound(np.zeros(HUSH_S * SOUND_HZ, np.float32)),
    )


def encoded_face(fps: float, width_px: int, *, numbered: bool = False) -> Pictures:
    """A loop of the moving face in VP8, by the settings that browsers use for calls.

    `numbered` pictures carry their place in the loop as a barcode.
    """
    height_px = HEIGHT_PX * width_px // WIDTH_PX
    encoder = VideoCodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width_px, height_px, "yuv420p"
    encoder.bit_rate = VIDEO_BITS * width_px**2 // WIDTH_PX**2
    encoder.time_base = Fraction(1, round(fps))
    encoder.framerate = Fraction(round(fps), 1)
    encoder.thread_count = 1
    encoder.options = {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0", "error-resilient": "1"}
    frames: list[bytes] = []
    keyframes: list[int] = []
    interval = round(KEYFRAME_EVERY_S * fps)
    for index in range(round(LOOP_S * fps)):
        picture = face_picture(index, fps=fps)
        if numbered:
            write_barcode(picture, index)
        frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(
            width=width_px, height=height_px, format="yuv420p"
        )
        frame.pts = index
        frame.time_base = encoder.time_base
        if index % interval == 0:
            frame.pict_type = PictureType.I
            keyframes.append(index)
        frames.append(b"".join(bytes(packet) for packet in encoder.encode(frame)))
    return Pictures(fps=fps, width_px=width_px, frames=frames, keyframes=keyframes)


def encoded_sound(samples: NDArray[np.float32]) -> list[bytes]:
    """(n,) samples at 48 kHz as Opus packets of 20 ms, with the hush of a room under them."""
    encoder = AudioCodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SOUND_HZ, "mono", "s16"
    encoder.bit_rate = AUDIO_BITS
    encoder.options = {"application": "voip", "frame_duration": "20"}
    room = np.random.default_rng(5).standard_normal(len(samples), np.float32) * HUSH_RMS
    sound = (np.clip(samples + room, -1, 1) * 32_767).astype(np.int16)
    packets: list[bytes] = []
    for start in range(0, len(sound) - PACKET_SAMPLES + 1, PACKET_SAMPLES):
        frame = AudioFrame.from_ndarray(sound[None, start : start + PACKET_SAMPLES], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, start, Fraction(1, SOUND_HZ)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets
