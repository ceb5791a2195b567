"""Measures what the parts of a call cost in processor time here, so that no more calls are taken than fit."""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from statistics import median
from typing import Any

import msgspec
import numpy as np
from aiortc.codecs import depayload, get_decoder, get_encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from av import AudioFrame, AudioResampler, VideoFrame
from numpy.typing import NDArray
from pylibsrtp import Policy, Session

from agent.app.drawn_face import HEIGHT_PX, WIDTH_PX, drawn_face
from agent.core.clock import NS_PER_MS, NS_PER_S, SystemClock
from agent.core.consent import Choice, consent_for
from agent.core.pictures import Picture
from agent.core.settings import Settings
from agent.core.speech import MIC_RATE_HZ, MicWindow
from agent.core.types import CameraFrame, CaptureOrigin, Stamp, read_only
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.media.reassembly import AudioAssembler, VideoAssembler
from agent.perception.activity import VoiceActivity
from agent.perception.hearing import Hearing
from agent.perception.listening import Listener
from agent.perception.transcript import AUTO
from agent.perception.utterance import Request, Urgency
from agent.perception.vision import VisionAnalyser, VisionState
from agent.synthesis.sound import RATE_HZ, resampled
from agent.synthesis.voice import PiperVoice, Style

FRAMES = 24
"""The first of them are for the models to find the face and for caches to warm."""
WARM_FRAMES = 4
FRAME_MS = 1_000 / 12
VIDEO_BITS = 1_000_000
SENTENCE = "Where is my order, please? It should have come on Monday."
HUMMED_S = 3.5
TRANSCRIBED_WITHIN_S = 30.0

Transcribe = Callable[[NDArray[np.float32]], object]
"""Reads the words in (n,) float32 sound at 16 kHz and returns when it has; any thread of this process may do it."""

RUN_PACKETS = 24
"""Of sound: 480 ms, which the voice model takes in 15 windows and levels are told of 5 times."""

_VP8 = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=96)
_OPUS = RTCRtpCodecParameters(mimeType="audio/opus", clockRate=48_000, channels=2, payloadType=111)
_SRTP_KEY = bytes(range(30))


class PartCosts(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of processor time that each part takes, but for the last."""

    packet_ms: float
    """To decrypt one packet of video, take it apart, and put it to its frame."""
    frame_decode_ms: float
    """One VP8 picture of 640x480."""
    frame_read_ms: float
    """Colours converted, one face and its expression read."""
    hand_search_ms: float
    """One look through the whole picture."""
    sound_second_ms: float
    """A second of the microphone: packets, Opus, resampling, whether somebody speaks."""
    utterance_ms: float
    """A sentence of some seconds to be transcribed."""
    clause_ms: float
    """The same to be spoken, by our own voice."""
    frame_on_gpu_ms: float | None
    """How long a frame occupies the GPU; None where there is none."""


def measure_parts(
    registry: Registry, settings: Settings, voice: PiperVoice | None, transcribe: Transcribe
) -> PartCosts:
    """Works for a second or two on the calling thread. Raises `ModelError`s.

    The models of vision and voice activity are opened for it alone; `voice` stands in for any other, and where there is
    none, speaking costs nothing here. What is timed is
    the process's processor time, so that a machine that is busy otherwise comes out nearly the same; this process
    itself should do nothing else meanwhile.
    """
    runtime = Runtime(registry, settings.models.provider)
    packet_ms, decode_ms, pictures = _receiving()
    read_ms, search_ms, took_ms = _reading(pictures, runtime, settings)
    clause_ms, speech = (0.0, _humming()) if voice is None else _speaking(voice)
    return PartCosts(
        packet_ms=packet_ms,
        frame_decode_ms=decode_ms,
        frame_read_ms=read_ms,
        hand_search_ms=search_ms,
        sound_second_ms=_hearing(speech, runtime, settings),
        utterance_ms=_transcribing(speech, transcribe),
        clause_ms=clause_ms,
        frame_on_gpu_ms=took_ms if runtime.on_cuda else None,
    )


def transcribe_and_wait(hearing: Hearing, sound: NDArray[np.float32]) -> None:
    """Has ears that run read the words in `sound`. Not for the event loop."""
    done = threading.Event()
    request = Request(
        call_id="calibration",
        utterance_id=0,
        piece=0,
        urgency=Urgency.FILE,
        samples=sound,
        heard_to_sample=len(sound),
        language="en" if hearing.understands("en") else AUTO,
    )
    hearing.read(request, lambda answer: done.set())
    done.wait(TRANSCRIBED_WITHIN_S)


def _timed_ms(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    work()
    return (time.process_time() - began_s) * 1_000


def _sent(codec: RTCRtpCodecParameters, frames: list[VideoFrame] | list[AudioFrame]) -> list[bytes]:
    """What comes over the network for these frames: encrypted packets."""
    encoder, sender = get_encoder(codec), Session(_policy(Policy.SSRC_ANY_OUTBOUND))
    if isinstance(encoder, Vp8Encoder):
        encoder.target_bitrate = VIDEO_BITS
    extensions = HeaderExtensionsMap()
    packets: list[bytes] = []
    for frame in frames:
        payloads, timestamp = encoder.encode(frame)
        for number, payload in enumerate(payloads, start=1):
            last = int(number == len(payloads))
            packet = RtpPacket(marker=last, sequence_number=len(packets), timestamp=timestamp, ssrc=1, payload=payload)
            packets.append(sender.protect(packet.serialize(extensions)))
    return packets


def _policy(direction: int) -> Policy:
    return Policy(key=_SRTP_KEY, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AES128_CM_SHA1_80)


class _Receiver:
    """The way of one track's packets to decoded frames."""

    def __init__(self, codec: RTCRtpCodecParameters, assembler: AudioAssembler | VideoAssembler) -> None:
        self.assembler = assembler
        self._codec = codec
        self._session = Session(_policy(Policy.SSRC_ANY_INBOUND))
        self._extensions = HeaderExtensionsMap()
        self._decoder = get_decoder(codec)

    def take(self, encrypted: bytes) -> None:
        packet = RtpPacket.parse(self._session.unprotect(encrypted), self._extensions)
        packet._data = depayload(self._codec, packet.payload)  # type: ignore[attr-defined]
        self.assembler.add(packet)  # type: ignore[arg-type]

    def take_all(self, encrypted: list[bytes]) -> None:
        for packet in encrypted:
            self.take(packet)

    def decoded(self) -> list[Any]:
        """Pictures or sound, as far as frames are whole by now."""
        frames: list[Any] = []
        while self.assembler.ready:
            whole = self.assembler.ready.popleft()
            frames += self._decoder.decode(JitterFrame(data=whole.data, timestamp=whole.timestamp))
        return frames


def _receiving() -> tuple[float, float, list[VideoFrame]]:
    """Milliseconds a packet and a picture, and the pictures."""
    drawn = [VideoFrame.from_ndarray(drawn_face(index), format="rgb24") for index in range(FRAMES)]
    for index, frame in enumerate(drawn):
        frame.pts, frame.time_base = round(index * FRAME_MS * 90), Fraction(1, 90_000)
    packets = _sent(_VP8, drawn)
    receiver = _Receiver(_VP8, VideoAssembler())
    packets_ms = _timed_ms(lambda: receiver.take_all(packets))
    pictures: list[VideoFrame] = []
    decode_ms = _timed_ms(lambda: pictures.extend(receiver.decoded()))
    return packets_ms / len(packets), decode_ms / len(pictures), pictures


def _reading(pictures: list[VideoFrame], runtime: Runtime, settings: Settings) -> tuple[float, float, float]:
    """Milliseconds a frame and a search for hands, and time in milliseconds that a frame takes."""
    analyser = VisionAnalyser(runtime, settings.vision, SystemClock(), perception=settings.perception)
    state = VisionState(consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=settings.privacy.asked()))
    reads_ms, searches_ms, took_ms = [], [], []
    for index, picture in enumerate(pictures):
        frame = CameraFrame(
            call_id="calibration",
            stamp=_stamp(index, index * FRAME_MS),
            width_px=WIDTH_PX,
            height_px=HEIGHT_PX,
            pixels=Picture(picture),
        )
        began_s = time.perf_counter()
        reads_ms.append(_timed_ms(lambda frame=frame: analyser.analyse(frame, state, search=False)))  # type: ignore[misc]
        took_ms.append((time.perf_counter() - began_s) * 1_000)
        searched = state.model_runs["palm_detection"]
        search_ms = _timed_ms(lambda: analyser.search(state))
        if state.model_runs["palm_detection"] > searched:
            searches_ms.append(search_ms)
    state.close()
    # Hands are not searched for where none are to be followed.
    return median(reads_ms[WARM_FRAMES:]), median(searches_ms or [0.0]), median(took_ms[WARM_FRAMES:])


def _speaking(voice: PiperVoice) -> tuple[float, NDArray[np.float32]]:
    """Milliseconds a clause, and its sound at 48 kHz."""
    spoken: list[NDArray[np.float32]] = []
    clause_ms = _timed_ms(lambda: spoken.append(voice.synthesize(SENTENCE, Style())))
    return clause_ms, spoken[0]


def _humming() -> NDArray[np.float32]:
    """Sound of the length of a sentence, at 48 kHz, with the pitch and the syllables of a voice.

    The small English model takes 2.8 times as long to find no words in it as to read a sentence: a machine is rated
    lower with it, not higher.
    """
    at_s = np.arange(round(HUMMED_S * RATE_HZ)) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * 120 * number * at_s) / number for number in range(1, 30))
    return (0.1 * hum * (1 + np.sin(2 * np.pi * 4 * at_s))).astype(np.float32)


def _hearing(speech: NDArray[np.float32], runtime: Runtime, settings: Settings) -> float:
    """Milliseconds for a second of sound, from packets to the voice model."""
    packet_samples = RATE_HZ // 50
    frames = []
    for start in range(0, len(speech) - packet_samples + 1, packet_samples):
        sound = (np.clip(speech[start : start + packet_samples], -1, 1) * 32_767).astype(np.int16)
        frame = AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        frames.append(frame)
    packets = _sent(_OPUS, frames)
    receiver = _Receiver(_OPUS, AudioAssembler())
    resampler = AudioResampler(format="s16", layout="mono", rate=MIC_RATE_HZ)
    listener = Listener("calibration", VoiceActivity(runtime.open("voice_activity")), settings.hearing)
    position = 0

    def hear(some: list[bytes]) -> None:
        nonlocal position
        for packet in some:
            receiver.take(packet)
            for frame in receiver.decoded():
                for part in resampler.resample(frame):
                    samples = np.multiply(part.to_ndarray().reshape(-1), 1 / 32_768, dtype=np.float32)
                    stamp = _stamp(position, position * 1_000 / MIC_RATE_HZ)
                    window = MicWindow(
                        call_id="calibration", stamp=stamp, samples=read_only(samples), start_sample=position
                    )
                    position += len(samples)
                    listener.hear(window, stamp.arrived_ns)

    runs = [packets[start : start + RUN_PACKETS] for start in range(0, len(packets) - RUN_PACKETS + 1, RUN_PACKETS)]
    return median(_timed_ms(lambda run=run: hear(run)) for run in runs) * 50 / RUN_PACKETS  # type: ignore[misc]


def _transcribing(speech: NDArray[np.float32], transcribe: Transcribe) -> float:
    """Milliseconds for the spoken clause."""
    sound = read_only(resampled(speech, len(speech) * MIC_RATE_HZ // RATE_HZ))
    return _timed_ms(lambda: transcribe(sound))


def _stamp(frame_id: int, media_ms: float) -> Stamp:
    at_ns = NS_PER_S + round(media_ms * NS_PER_MS)
    return Stamp(
        frame_id=frame_id,
        rtp_timestamp=0,
        arrived_ns=at_ns,
        captured_ns=at_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.ARRIVAL,
        media_ms=media_ms,
    )
