"""The mouth that a page draws is told what goes out, from where it goes out, and when it stops."""

import numpy as np
import pytest

from agent.core.speech import SpeechChunk, Viseme
from agent.core.types import read_only
from agent.media.speaker import Speaker

VISEMES = (Viseme(at_ms=0, shape="closed"), Viseme(at_ms=50, shape="open"), Viseme(at_ms=90, shape="round"))


@pytest.fixture
def told() -> list[tuple[Viseme, ...]]:
    return []


@pytest.fixture
def speaker(told: list[tuple[Viseme, ...]]) -> Speaker:
    speaker = Speaker()
    speaker.lips.on_move = told.append
    return speaker


def speech(*visemes: Viseme, ms: int = 100, last: bool = True) -> SpeechChunk:
    samples = read_only(np.full(ms * 48, 0.1, np.float32))
    return SpeechChunk(samples=samples, rate_hz=48_000, text="hello", last=last, visemes=visemes)


async def send(speaker: Speaker, frames: int) -> None:
    for _ in range(frames):
        await speaker.recv()


async def test_each_clause_is_told_when_it_goes_out(speaker: Speaker, told: list[tuple[Viseme, ...]]) -> None:
    """Not when it is queued; and once it has gone out, the mouth is told to rest."""
    await speaker.play(speech(*VISEMES, last=False))
    await speaker.play(speech(*VISEMES[:1]))
    assert told == []
    await send(speaker, 1)
    assert told == [VISEMES]
    await send(speaker, 10)
    assert told == [VISEMES, VISEMES[:1], ()]


async def test_held_speech_stills_the_mouth_and_takes_it_up_where_it_was(
    speaker: Speaker, told: list[tuple[Viseme, ...]]
) -> None:
    """After a pause the shapes are timed from where the speech goes on."""
    await speaker.play(speech(*VISEMES))
    await send(speaker, 3)
    speaker.pause()
    await send(speaker, 2)
    assert told == [VISEMES, ()]
    speaker.resume()
    await send(speaker, 1)
    assert told[2][0].at_ms == 0
    assert [viseme.shape for viseme in told[2]][-1] == "round"
    assert told[2][-1].at_ms > 90 - 60 - 1


async def test_an_interruption_stills_it_at_once(speaker: Speaker, told: list[tuple[Viseme, ...]]) -> None:
    """Nothing more of what is dropped is shown."""
    await speaker.play(speech(*VISEMES))
    await send(speaker, 2)
    speaker.stop_speaking()
    assert told == [VISEMES, ()]


async def test_a_voice_that_does_not_tell_moves_nothing(speaker: Speaker, told: list[tuple[Viseme, ...]]) -> None:
    """The page then follows the sound."""
    await speaker.play(speech())
    await send(speaker, 8)
    assert told == []
