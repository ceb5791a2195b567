"""The rating of a machine: what binds, what a call reserves by consent, and that the number explains itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.app import capacity as capacity_module
from agent.app.calibration import PartCosts
from agent.app.capacity import CALL_MB, HEAD_ROOM, KEPT_FREE_MB, Binding, Capacity, capacity_of
from agent.core.consent import Choice, Consent, Purpose, consent_for
from agent.core.settings import ServerSettings, Settings, VisionSettings, load_settings

COSTS = PartCosts(
    packet_ms=0.02,
    frame_decode_ms=1.0,
    frame_read_ms=5.0,
    hand_search_ms=8.0,
    sound_second_ms=20.0,
    utterance_ms=150.0,
    clause_ms=300.0,
    frame_on_gpu_ms=None,
)
AGREED = consent_for(Choice.AGREE, locale="en", given_at=0.0)
WITHOUT_EMOTION = consent_for(Choice.WITHOUT_EMOTION, locale="en", given_at=0.0)
NO_SENSES = Consent(version="1", locale="en", given_at=0.0, purposes=frozenset())


def rated(costs: PartCosts = COSTS, *, cores: float = 2.0, memory_mb: float = 8_000.0, **server: object) -> Capacity:
    settings = Settings(server=ServerSettings.model_validate(server))
    return capacity_of(costs, settings, cores=cores, memory_mb=memory_mb)


def test_cores_bind_a_machine_with_memory_to_spare() -> None:
    """The rated calls fit into the cores without the head room, and one more would not."""
    capacity = rated(cores=0.75)
    assert capacity.binding is Binding.CORES
    assert capacity.cores == pytest.approx(0.75 * (1 - HEAD_ROOM))
    assert capacity.rated_calls * capacity.call_cores <= capacity.cores
    assert (capacity.rated_calls + 1) * capacity.call_cores > capacity.cores


def test_memory_binds_where_it_is_short() -> None:
    """Room for two calls besides what is kept free makes two calls, of any kind."""
    capacity = rated(cores=64, memory_mb=KEPT_FREE_MB + 2.5 * CALL_MB)
    assert (capacity.binding, capacity.rated_calls, capacity.most_calls) == (Binding.MEMORY, 2, 2)


def test_one_event_loop_binds_a_machine_with_many_cores() -> None:
    """From some number of cores on, more of them do not make more calls."""
    many, more = rated(cores=64), rated(cores=128)
    assert many.binding is Binding.LOOP
    assert many.rated_calls == more.rated_calls > rated(cores=0.75).rated_calls
    assert many.cores == pytest.approx(many.rated_calls * many.call_cores)


def test_few_perception_threads_bind_many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sets one thread for pictures gets as many calls as it can read."""
    monkeypatch.setattr(capacity_module, "LOOP_STRETCH", 1.0)
    settings = Settings(vision=VisionSettings(threads=1))
    slow = PartCosts(**{name: getattr(COSTS, name) for name in COSTS.__struct_fields__} | {"frame_read_ms": 20.0})
    capacity = capacity_of(slow, settings, cores=64, memory_mb=8_000)
    assert (capacity.binding, capacity.rated_calls) == (Binding.PICTURES, math.floor(0.85 * 1_000 / (240 + 16)))


def test_memory_that_is_not_known_binds_nothing() -> None:
    """Where the system does not tell, cores decide."""
    capacity = rated(cores=0.75, memory_mb=math.inf)
    assert capacity.binding is Binding.CORES and capacity.memory_mb is None


def test_a_gpu_binds_when_frames_keep_it_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cores do not help a GPU that reads one frame at a time."""
    monkeypatch.setattr(capacity_module, "LOOP_STRETCH", 1.0)
    costs = PartCosts(**{**{f: getattr(COSTS, f) for f in COSTS.__struct_fields__}, "frame_on_gpu_ms": 20.0})
    capacity = rated(costs, cores=64)
    assert capacity.binding is Binding.GPU
    assert capacity.rated_calls == math.floor((1 - HEAD_ROOM) * 1_000 / (20.0 * 12))
    assert capacity.cores == pytest.approx(capacity.rated_calls * capacity.call_cores)


def test_the_setting_can_only_lower_the_rating() -> None:
    """Fewer calls are taken than the machine bears if so set, but not more."""
    assert rated(max_calls=2).rated_calls == 2
    assert rated(max_calls=2).binding is Binding.SETTING
    assert rated(max_calls=500).rated_calls == rated().rated_calls


def test_beyond_its_rating_a_machine_is_used_only_when_told_to() -> None:
    """Benchmarks find out what happens then: all of `max_calls` fit."""
    capacity = rated(max_calls=40, beyond_rating=True)
    assert (capacity.rated_calls, capacity.most_calls) == (40, 40)
    assert capacity.share(AGREED) * 40 <= capacity.cores * (1 + 1e-9)


def test_lifting_the_rating_needs_another_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any limit the setting is refused, and says why."""
    monkeypatch.setenv("AGENT_SERVER__BEYOND_RATING", "true")
    with pytest.raises(Exception, match="max_calls must set one"):
        load_settings()


def test_the_smallest_machine_takes_one_call() -> None:
    """A tenth of a core and no memory: one call, degraded, is better than none."""
    capacity = rated(cores=0.1, memory_mb=10.0)
    assert (capacity.rated_calls, capacity.most_calls) == (1, 1)


def test_what_a_call_reserves_follows_from_consent() -> None:
    """Faces cost more than hands alone, both more than a voice, which costs more than writing."""
    capacity = rated()
    shares = [
        capacity.share(AGREED),
        capacity.share(WITHOUT_EMOTION),
        capacity.share(AGREED, camera=False),
        capacity.share(NO_SENSES),
    ]
    assert shares == sorted(shares, reverse=True) and len(set(shares)) == 4
    assert shares[0] == pytest.approx(capacity.call_cores)
    assert capacity.share(WITHOUT_EMOTION, camera=False) == shares[2]
    speech_only = AGREED.without(Purpose.EXPRESSION, Purpose.GESTURE)
    assert capacity.share(speech_only) == shares[2]


positive = st.floats(0.001, 2_000)
parts = st.builds(
    PartCosts,
    packet_ms=positive,
    frame_decode_ms=positive,
    frame_read_ms=positive,
    hand_search_ms=positive,
    sound_second_ms=positive,
    utterance_ms=positive,
    clause_ms=positive,
    frame_on_gpu_ms=st.none() | positive,
)


@given(parts, st.floats(0.05, 256), st.floats(0, 1e6), st.none() | st.integers(1, 1_000))
def test_any_machine_gets_a_rating_that_keeps_its_promises(
    costs: PartCosts, cores: float, memory_mb: float, max_calls: int | None
) -> None:
    """Whatever is measured: at least one call; more only if they fit into cores, memory, GPU and setting."""
    capacity = rated(costs, cores=cores, memory_mb=memory_mb, max_calls=max_calls)
    calls = capacity.rated_calls
    assert 1 <= calls <= capacity.most_calls or calls == 1
    assert capacity.limits[capacity.binding.value] == min(capacity.limits.values())
    if calls > 1:
        assert calls * capacity.call_cores <= capacity.cores * (1 + 1e-9)
        assert calls * CALL_MB <= memory_mb
        assert max_calls is None or calls <= max_calls
    more = rated(costs, cores=2 * cores, memory_mb=memory_mb, max_calls=max_calls)
    assert more.rated_calls >= calls
