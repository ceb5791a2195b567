"""Three turns with an interruption, in a real browser: what the customer would have heard, in words, and when."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.core.speech import MIC_RATE_HZ
from tests.browser.calling import called
from tests.browser.conftest import chromium
from tests.browser.listening import decoded, likeness, sounds, words_in, words_of
from tests.browser.telephone import Telephone
from tests.media_made import OwnVoice
from tests.serving import RunningAgent

ASKS = "Where is my order?"
ASKS_FOR_MORE = "What can you do for me?"
INTERRUPTS = "Actually, I would like to talk to a real person right now, please."
INTO_THE_ANSWER_S = 2.0
"""How much of an answer of nine seconds is heard before the customer speaks over it."""
CLAUSES_APART_S = 2.0
"""Longest silence inside an answer, on a machine that has much else to do."""
ANSWERED_WITHIN_S = 8.0
SILENT_WITHIN_S = 2.0
"""Several times what it takes on a busy machine; whoever does not give way talks for six seconds more."""
ALIKE = 0.75
"""Agreement of a caption with the transcription of what was heard, which errs, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A recorded call."""

    customer: NDArray[np.float32]
    agent: NDArray[np.float32]
    """(n,) float32 at 16 kHz, on the same clock."""
    captions: list[tuple[str, str]]
    interrupted: str
    """The caption of the interrupted answer before it was."""

    @property
    def lines(self) -> list[tuple[float, float]]:
        """When the customer spoke."""
        return sounds(self.customer)

    def agent_in(self, begin_s: float, end_s: float) -> NDArray[np.float32]:
        return self.agent[round(begin_s * MIC_RATE_HZ) : round(end_s * MIC_RATE_HZ)]

    def heard_in(self, begin_s: float, end_s: float) -> list[str]:
        """Words of the agent in a stretch of the recording."""
        return words_in(self.agent_in(begin_s, end_s))

    @property
    def length_s(self) -> float:
        return len(self.agent) / MIC_RATE_HZ

    def story(self) -> str:
        """The whole call in times, for whoever has to find out why a test fails."""
        told = [(*span, "customer") for span in self.lines] + [(*span, "agent") for span in sounds(self.agent)]
        times = [f"{begin_s:6.2f} to {end_s:6.2f} s {who}" for begin_s, end_s, who in sorted(told)]
        return "\n".join([*times, *(f"{speaker}: {words}" for speaker, words in self.captions)])


@pytest.mark.timeout(240)
async def test_a_conversation_of_three_turns_keeps_its_rhythm(
    agent: RunningAgent, voice: OwnVoice, face_clip: Path, tmp_path: Path
) -> None:
    """Answers are heard whole, but the one spoken over stops soon and is heard in part; captions say the same."""
    async with chromium(face_clip) as browser:
        page = await called(browser, agent, telephone=True)
        await page.evaluate("telephone.record()")
        talk = await _hold_the_talk(Telephone(page=page, voice=voice, folder=tmp_path))
        await page.click("#end-call")
    story = talk.story()
    assert len(talk.lines) == 3, story
    _check_times(talk, story)
    _check_words(talk, story)


async def _hold_the_talk(telephone: Telephone) -> Talk:
    await telephone.hears_it_to_the_end()
    await telephone.say(ASKS)
    await telephone.hears_it_to_the_end()
    await telephone.say(ASKS_FOR_MORE)
    await telephone.hears_the_agent()
    await asyncio.sleep(INTO_THE_ANSWER_S)
    interrupted = next(words for speaker, words in (await telephone.captions())[4:] if speaker == "agent")
    await telephone.say(INTERRUPTS)
    await telephone.hears_it_to_the_end()
    customer, agent = decoded(await telephone.page.evaluate("telephone.stop()"), layout="stereo")
    return Talk(customer=customer, agent=agent, captions=await telephone.captions(), interrupted=interrupted)


def _check_times(talk: Talk, story: str) -> None:
    """Nobody is talked over, every turn is answered, and the agent gives way."""
    *quiet_turns, (speaks_over_s, last_end_s) = talk.lines
    for begin_s, end_s in quiet_turns:
        assert not sounds(talk.agent_in(begin_s, end_s)), (
            f"the agent talks over the customer at {begin_s:.2f} s\n{story}"
        )
    for _, end_s in talk.lines:
        replies = [begin_s - end_s for begin_s, _ in sounds(talk.agent) if begin_s > end_s]
        assert replies and min(replies) < ANSWERED_WITHIN_S, f"no answer after {end_s:.2f} s\n{story}"
    assert sounds(talk.agent_in(speaks_over_s - CLAUSES_APART_S, speaks_over_s)), f"nothing was interrupted\n{story}"
    over = sounds(talk.agent_in(speaks_over_s, last_end_s))
    silent_after_s = over[-1][1] if over else 0.0
    assert silent_after_s < SILENT_WITHIN_S < last_end_s - speaks_over_s, f"{silent_after_s:.2f} s to give way\n{story}"


def _check_words(talk: Talk, story: str) -> None:
    """What was heard between the customer's lines is what the page says was said there."""
    (first_s, first_end_s), (second_s, second_end_s), (_, third_end_s) = talk.lines
    heard = [
        talk.heard_in(0, first_s),
        talk.heard_in(first_end_s, second_s),
        talk.heard_in(second_end_s, third_end_s),
        talk.heard_in(third_end_s, talk.length_s),
    ]
    story = "\n".join([story, *(f"heard: {' '.join(words)}" for words in heard)])
    speakers, texts = zip(*talk.captions, strict=True)
    assert speakers == ("agent", "customer", "agent", "customer", "agent", "customer", "agent"), story
    for said, caption in zip((ASKS, ASKS_FOR_MORE, INTERRUPTS), texts[1::2], strict=True):
        assert likeness(words_of(said), words_of(caption)) > ALIKE, story
    for words, caption in zip(heard, texts[::2], strict=True):
        assert likeness(words, words_of(caption)) > ALIKE, story
    assert "number" in heard[1] and "person" in heard[3], story
    whole, cut = words_of(talk.interrupted), heard[2]
    assert texts[4].endswith("…") and len(cut) < 0.75 * len(whole), story
    assert likeness(cut, whole[: len(cut)]) > ALIKE, story
    assert whole[-4:] != cut[-4:], story
