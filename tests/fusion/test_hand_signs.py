"""A hand sign becomes an event once frames agree, once for as long as it is shown."""

from agent.core.signals import GestureValue
from agent.fusion.hand_signs import SignState, step
from tests.fusion.readings import frame, hand


def _events(
    shown: list[tuple[float, str]], *, probability: float = 0.95, over_face: bool = False
) -> list[tuple[float, str]]:
    state: SignState = {}
    events = []
    for at_ms, name in shown:
        hands = (hand(name, probability=probability),) if name else ()
        state, findings = step(state, frame(at_ms, hands=hands), frozenset({1} if over_face else ()))
        for finding in findings:
            assert isinstance(finding.value, GestureValue)
            events.append((at_ms, finding.value.name))
    return events


def _held(name: str, begin_ms: int, end_ms: int, frame_ms: int = 50) -> list[tuple[float, str]]:
    return [(float(at), name) for at in range(begin_ms, end_ms, frame_ms)]


def test_a_held_sign_is_one_event() -> None:
    """A thumb held up for two seconds is announced once, within a fifth of a second."""
    assert _events(_held("thumbs_up", 0, 2000)) == [(150.0, "thumbs_up")]


def test_a_flicker_is_no_event() -> None:
    """Three frames of a sign between others announce nothing."""
    flicker = _held("none", 0, 300) + _held("ok", 300, 450) + _held("none", 450, 900)
    assert _events(flicker) == []


def test_fast_frames_do_not_make_a_sign_certain_sooner_than_a_tenth_of_a_second() -> None:
    """At 120 frames a second four frames pass in 33 ms; the sign still has to be held."""
    (event,) = _events(_held("fist", 0, 400, frame_ms=8))
    assert event[0] >= 120


def test_an_unsure_reading_is_no_sign() -> None:
    """Frames below the clear probability count as none, however many agree."""
    assert _events(_held("victory", 0, 2000), probability=0.6) == []


def test_a_sign_shown_again_after_the_hand_left_is_a_new_event() -> None:
    """Hand up, away for a second, up again: two events."""
    shown = _held("open_palm", 0, 500) + _held("", 500, 1500) + _held("open_palm", 1500, 2000)
    assert [name for _, name in _events(shown)] == ["open_palm", "open_palm"]


def test_a_hand_that_rests_on_the_face_points_at_nothing() -> None:
    """Over the face, what a resting hand looks like is no sign; a thumb held up in front of it still is."""
    assert _events(_held("pointing", 0, 2000), over_face=True) == []
    assert [name for _, name in _events(_held("thumbs_up", 0, 2000), over_face=True)] == ["thumbs_up"]
