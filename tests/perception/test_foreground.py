"""A quieter voice behind the customer's is told once it has been heard alone, and only while it is the quieter one."""

from hypothesis import given
from hypothesis import strategies as st

from agent.perception.foreground import BEHIND_WINDOWS, KNOWN_WINDOWS, Foreground

NEAR_DB, FAR_DB, HUSH_DB = -20.0, -42.0, -70.0


def behind(foreground: Foreground, level_db: float, count: int, *, prob: float = 0.9, mouth: bool | None = None) -> int:
    """How many of so many windows in a row are taken for another's voice."""
    return sum(foreground.is_behind(level_db, prob, mouth_talks=mouth) for _ in range(count))


def test_a_voice_that_goes_on_behind_is_silenced_before_long() -> None:
    """At first it could be a soft syllable; from then on it counts as none, also when it sets in anew."""
    foreground = Foreground()
    assert behind(foreground, NEAR_DB, 60) == 0
    heard = behind(foreground, FAR_DB, 60)
    assert 60 - BEHIND_WINDOWS - 2 <= heard < 60
    behind(foreground, HUSH_DB, 30, prob=0.0)
    assert behind(foreground, FAR_DB, 20) == 20


def test_the_customer_is_heard_all_the_same() -> None:
    """Whoever is as loud as before counts at once, soft syllables between loud ones too."""
    foreground = Foreground()
    behind(foreground, NEAR_DB, 60)
    behind(foreground, FAR_DB, 60)
    assert behind(foreground, NEAR_DB, 10) == 0
    assert behind(foreground, FAR_DB, 2) == 0


def test_soft_speech_alone_is_nobody_behind() -> None:
    """A customer who always speaks softly, or lets a line fade for a moment, is heard."""
    soft = Foreground()
    assert behind(soft, FAR_DB, 300) == 0
    fading = Foreground()
    behind(fading, NEAR_DB, 60)
    assert behind(fading, FAR_DB, BEHIND_WINDOWS - 1) == 0


def test_a_customer_who_is_seen_to_talk_is_never_taken_for_another() -> None:
    """The camera knows better than the loudness."""
    foreground = Foreground()
    behind(foreground, NEAR_DB, 60)
    behind(foreground, FAR_DB, 60)
    assert behind(foreground, FAR_DB, 60, mouth=True) == 0
    assert behind(foreground, FAR_DB, 10, mouth=False) == 10


def test_who_has_moved_away_is_heard_again_before_long() -> None:
    """The loudest voice is forgotten by a decibel a second."""
    foreground = Foreground()
    behind(foreground, NEAR_DB, 60)
    assert behind(foreground, FAR_DB, 2 * KNOWN_WINDOWS) < KNOWN_WINDOWS


@given(st.lists(st.tuples(st.floats(-100, 0), st.floats(0, 1))))
def test_the_loudest_so_far_is_always_near(windows: list[tuple[float, float]]) -> None:
    """Whatever came before, a window louder than all of it is the customer's."""
    foreground = Foreground()
    for level_db, prob in windows:
        foreground.is_behind(level_db, prob, mouth_talks=None)
    assert not foreground.is_behind(0.0, 0.9, mouth_talks=None)
