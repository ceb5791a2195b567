"""The shapes of a drawn mouth follow the voice's own durations."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.settings import VoiceSettings
from agent.core.speech import Viseme
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.synthesis.sound import RATE_HZ
from agent.synthesis.visemes import MouthTrack
from agent.synthesis.voice import PiperVoice, Style

SYMBOLS = st.lists(st.tuples(st.sampled_from("^_$pfmaiuwtsˈː .,?q7"), st.integers(0, 40)), max_size=60)


@pytest.fixture(scope="module")
def voice(registry: Registry) -> PiperVoice:
    return PiperVoice(Runtime(registry, "cpu"), VoiceSettings())


def test_a_symbol_shapes_the_mouth_until_another_does() -> None:
    """Blanks and stress belong to the shape after them; the same shape is not begun twice."""
    track = MouthTrack.of("^_ˈm_b_a_", [1, 2, 1, 3, 1, 2, 2, 4, 4], frame_samples=480)
    assert track.shapes == ("rest", "closed", "open")
    assert track.starts == (0, 1 * 480, 10 * 480)
    assert track.between(5 * 480, 14 * 480, rate_hz=48_000) == (
        Viseme(at_ms=0, shape="closed"),
        Viseme(at_ms=50, shape="open"),
    )


@given(SYMBOLS, st.lists(st.integers(1, 5_000), min_size=1, max_size=8))
def test_pieces_of_a_clause_have_its_shapes_between_them(symbols: list[tuple[str, int]], sizes: list[int]) -> None:
    """Wherever it is cut, each piece begins with the shape that the mouth has there; none is lost or out of order."""
    taken = [frames for _, frames in symbols]
    track = MouthTrack.of([symbol for symbol, _ in symbols], taken, frame_samples=256)
    start = 0
    for size in sizes:
        piece = track.between(start, start + size, rate_hz=1_000)
        assert piece[0].at_ms == 0
        assert all(one.at_ms <= other.at_ms < size for one, other in pairwise(piece))
        assert piece[-1].shape == track.between(start + size - 1, start + size, rate_hz=1_000)[0].shape
        start += size


@pytest.mark.timeout(60)
def test_lips_close_where_the_voice_says_m_and_open_where_it_says_a(voice: PiperVoice) -> None:
    """The shapes of a word of alternating m and a come in that order, within the sound, and end at rest."""
    pieces = list(voice.stream("Mama mama.", Style()))
    shapes = [viseme.shape for piece in pieces for viseme in piece.visemes]
    changes = [shape for before, shape in pairwise(["", *shapes]) if shape != before]
    assert [shape for shape in changes if shape != "rest"][:4] == ["closed", "open", "closed", changes[4]]
    assert changes[-1] == "rest"
    for piece in pieces:
        assert all(viseme.at_ms <= len(piece.samples) * 1_000 / RATE_HZ for viseme in piece.visemes)


@pytest.mark.timeout(60)
def test_closed_lips_are_quieter_than_open_ones(voice: PiperVoice) -> None:
    """Said of the sound itself: where the shapes say open, the clause is louder than where they say closed."""
    levels: dict[str, list[float]] = {"open": [], "closed": []}
    for piece in voice.stream("Papa, a happy map, a papa, a pop.", Style()):
        ends = [*(viseme.at_ms for viseme in piece.visemes[1:]), len(piece.samples) * 1_000 // RATE_HZ]
        for viseme, end_ms in zip(piece.visemes, ends, strict=True):
            sound = piece.samples[viseme.at_ms * 48 : end_ms * 48]
            if viseme.shape in levels and len(sound) >= 480:
                levels[viseme.shape].append(float((sound**2).mean()))
    opened, closed = (sum(levels[shape]) / len(levels[shape]) for shape in ("open", "closed"))
    assert opened > 4 * closed, (opened, closed)
