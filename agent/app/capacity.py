"""How many calls this machine bears, and why: what a call costs, what there is, and which of it runs out first."""

import math
from enum import StrEnum
from typing import Literal

import msgspec

from agent.app.calibration import PartCosts
from agent.core.budget import RATES, Rung
from agent.core.consent import Choice, Consent, Purpose, consent_for
from agent.core.settings import Settings

FRAMES_HZ = float(RATES[Rung.FEWER_PICTURES].asked_fps or 12)
"""What a page is asked to send, and all of which is read, once calls share the time: the first rung of the ladder."""
VIDEO_PACKETS_HZ = 90.0
"""1 Mbit/s in packets of 1200 bytes and a rest in each frame's last one."""
TURN_EVERY_S = 28.0
"""How often a customer says something and is answered, on average: a quarter of all calls are in the midst of talk at a
time, with a turn every 7 s, as the load callers of the benchmarks do."""
READINGS = 2
"""How often an utterance is read: once along with it, once when it is over."""
CLAUSES = 2
"""Of an answer."""
REST = 1.55
"""What a call takes as a whole over the sum of the parts that are measured here: fusion, publication, sending, the
page's messages, the reply engine, most of it on the event loop. docs/capacity.md says where it comes from."""
LOOP_STRETCH = 3.2
"""How long the event loop takes for what it does over the processor time of that: it also waits for the interpreter,
which all threads share and hand to each other thousands of times a second. With it the rating is what
`agent bench capacity` found; docs/capacity.md says how."""
HEAD_ROOM = 0.15
"""Share of the cores that is never promised: callers differ, and latency grows long before a queue is full."""
CALL_MB = 60.0
"""Memory of a call, by the budget that `agent bench capacity` holds it to."""
KEPT_FREE_MB = 500.0
MOST_CALLS = 1_000_000
"""Where something sets no limit."""

PACKETS, FACES, SEARCHES = "video packets", "faces read", "searches for hands"
UTTERANCES, CLAUSES_SPOKEN = "utterances read", "clauses spoken"


class Binding(StrEnum):
    """What sets the number of calls."""

    CORES = "cores"
    LOOP = "event loop"
    """One thread, however many cores there are."""
    SPEECH = "speech"
    """One thread reads what is said, one speaks."""
    PICTURES = "vision.threads"
    MEMORY = "memory"
    GPU = "gpu"
    SETTING = "server.max_calls"


Need = Literal["camera", "face", "hands", "speech", "nothing"]
"""Without what a part falls away: a picture that is read at all, consent to expression, to gestures, to speech."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a call's cost."""

    name: str
    ms: float
    """Processor time of one."""
    per_s: float
    """How many a second a call takes, on average."""
    needs: Need

    @property
    def cores(self) -> float:
        return self.ms * self.per_s / 1_000


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What calls may use of a machine."""

    rated_calls: int
    """Calls with everything in them that are taken at a time; those that need less leave room for more."""
    most_calls: int
    """Calls of any kind that are taken at a time."""
    binding: Binding
    cores: float
    """That calls may take, all together: those there are without the head room, or fewer where a single thread or the
    GPU binds."""
    usable_cores: float
    head_room: float
    memory_mb: float | None
    """That may still be taken; None where the system does not tell."""
    call_mb: float
    rest: float
    """Factor from the sum of the parts to the call."""
    call_cores: float
    """Of a call with everything in it."""
    parts: tuple[Part, ...]
    limits: dict[str, int]
    """How many calls each thing would allow."""

    def share(self, consent: Consent, *, camera: bool = True) -> float:
        """Cores that are reserved for a call under this consent; `camera` is false where no picture can come."""
        return self.rest * sum(part.cores for part in self.parts if _taken(part, consent, camera=camera))


def _taken(part: Part, consent: Consent, *, camera: bool) -> bool:
    face, hands = consent.allows(Purpose.EXPRESSION), consent.allows(Purpose.GESTURE)
    present = {
        "camera": camera and (face or hands),
        "face": camera and face,
        "hands": camera and hands,
        "speech": consent.allows(Purpose.SPEECH),
        "nothing": True,
    }
    return present[part.needs]


def parts_of_a_call(costs: PartCosts, settings: Settings) -> tuple[Part, ...]:
    """Each part with how often the usual call takes it."""
    return (
        Part(name=PACKETS, ms=costs.packet_ms, per_s=VIDEO_PACKETS_HZ, needs="camera"),
        Part(name="pictures decoded", ms=costs.frame_decode_ms, per_s=FRAMES_HZ, needs="camera"),
        Part(name=FACES, ms=costs.frame_read_ms, per_s=FRAMES_HZ, needs="face"),
        Part(name=SEARCHES, ms=costs.hand_search_ms, per_s=settings.vision.hand_search_hz, needs="hands"),
        Part(name="seconds of sound heard", ms=costs.sound_second_ms, per_s=1.0, needs="speech"),
        Part(name=UTTERANCES, ms=costs.utterance_ms, per_s=READINGS / TURN_EVERY_S, needs="speech"),
        Part(name=CLAUSES_SPOKEN, ms=costs.clause_ms, per_s=CLAUSES / TURN_EVERY_S, needs="nothing"),
    )


def _threads(
    costs: PartCosts, parts: tuple[Part, ...], call_cores: float, settings: Settings
) -> dict[Binding, tuple[int, float]]:
    """What cannot use all cores: how many threads there are for it, and what part of one a call takes."""
    cores = {part.name: part.cores for part in parts}
    threads = {
        Binding.LOOP: (1, LOOP_STRETCH * (call_cores - sum(cores.values()) + cores[PACKETS])),
        Binding.SPEECH: (1, max(cores[UTTERANCES], cores[CLAUSES_SPOKEN])),
    }
    if settings.vision.threads:
        threads[Binding.PICTURES] = (settings.vision.threads, cores[FACES] + cores[SEARCHES])
    if costs.frame_on_gpu_ms is not None:
        threads[Binding.GPU] = (1, costs.frame_on_gpu_ms * FRAMES_HZ / 1_000)
    return threads


def capacity_of(costs: PartCosts, settings: Settings, *, cores: float, memory_mb: float) -> Capacity:
    """The rating of a machine with these costs, `cores` that may be used, and `memory_mb` that may still be taken."""
    parts = parts_of_a_call(costs, settings)
    everything = consent_for(Choice.AGREE, locale="en", given_at=0.0, asked=settings.privacy.asked())
    call_cores = REST * sum(part.cores for part in parts if _taken(part, everything, camera=True))
    for_calls = cores * (1 - HEAD_ROOM)
    limits = {Binding.CORES: math.floor(for_calls / call_cores)}
    for binding, (threads, a_call) in _threads(costs, parts, call_cores, settings).items():
        limits[binding] = math.floor(min(threads * (1 - HEAD_ROOM) / a_call, MOST_CALLS)) if a_call else MOST_CALLS
        for_calls = min(for_calls, call_cores * limits[binding])
    if math.isfinite(memory_mb):
        limits[Binding.MEMORY] = math.floor(max(0.0, memory_mb - KEPT_FREE_MB) / CALL_MB)
    most_calls = limits.get(Binding.MEMORY, MOST_CALLS)
    if settings.server.beyond_rating and settings.server.max_calls is not None:
        limits = {Binding.SETTING: settings.server.max_calls}
        most_calls = settings.server.max_calls
        for_calls = max(for_calls, call_cores * settings.server.max_calls)
    elif settings.server.max_calls is not None:
        limits[Binding.SETTING] = settings.server.max_calls
        most_calls = min(most_calls, settings.server.max_calls)
    binding = min(limits, key=lambda what: limits[what])
    return Capacity(
        rated_calls=max(1, limits[binding]),
        most_calls=max(1, most_calls),
        binding=binding,
        cores=for_calls,
        usable_cores=cores,
        head_room=HEAD_ROOM,
        memory_mb=memory_mb if math.isfinite(memory_mb) else None,
        call_mb=CALL_MB,
        rest=REST,
        call_cores=call_cores,
        parts=parts,
        limits={what.value: number for what, number in limits.items()},
    )
