"""Who speaks over the agent silences it at once; what was said decides whether it goes on or yields."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.speech import HearingEvent, HearingFailed, Transcript, VoiceStarted, VoiceStopped
from agent.fusion import floor
from agent.fusion.floor import PALM_HOLDS_MS, UNREAD_MS, WORDLESS_MS, AgentSpeech, Floor, Move
from tests.fusion.readings import stamp

TALKING = AgentSpeech(talking=True, asking=False, said="Your order A 1 0 4 2 is on its way")
ASKING = replace(TALKING, asking=True, said="Shall I open a return for")
SILENT = AgentSpeech(talking=False, asking=False, said="")


def voice(at_ms: int) -> VoiceStarted:
    return VoiceStarted(call_id="call", stamp=stamp(at_ms))


def silence(at_ms: int) -> VoiceStopped:
    return VoiceStopped(call_id="call", stamp=stamp(at_ms))


def words(text: str, began_ms: int, *, final: bool = True) -> Transcript:
    return Transcript(
        call_id="call",
        utterance_id=0,
        stamp=stamp(began_ms),
        speech_end_ns=stamp(began_ms + 500).captured_ns,
        text=text,
        final=final,
        language="en",
        mean_token_logprob=-0.1,
        stage_ms={},
        finished_ns=0,
    )


def play(*events: HearingEvent, agent: AgentSpeech = TALKING) -> list[tuple[Move | None, bool]]:
    """What follows from each event, a tenth of a second apart."""
    state, rulings = Floor(), []
    for number, event in enumerate(events):
        state, ruling = floor.hear(state, event, agent, number * 100_000_000)
        rulings.append((ruling.move, ruling.heed))
    return rulings


@pytest.mark.parametrize("text", ["Uh-huh.", "Mm-hmm.", "Yeah, yeah.", "Okay.", "I see.", "Right, okay.", ""])
def test_a_backchannel_lets_the_agent_go_on(text: str) -> None:
    """The agent holds its breath, goes on where it stopped, and the word is not answered."""
    assert play(voice(0), silence(400), words(text, 0)) == [(Move.HOLD, True), (None, True), (Move.GO_ON, False)]


def test_words_known_before_the_voice_ends_let_it_go_on_with_its_end() -> None:
    """Nothing has to be waited for when the backchannel was read while it was said; its final is not heeded either."""
    rulings = play(voice(0), words("Yeah", 0, final=False), silence(400), words("Yeah.", 0))
    assert rulings == [(Move.HOLD, True), (None, False), (Move.GO_ON, True), (None, False)]


@pytest.mark.parametrize("final", [True, False])
def test_words_take_the_turn_as_soon_as_they_are_read(final: bool) -> None:
    """A partial transcript is enough; what follows is the customer's turn."""
    rulings = play(voice(0), words("No, that is wrong", 0, final=final), silence(900), words("No, that is wrong.", 0))
    assert rulings[1] == (Move.YIELD, True)
    assert rulings[3] == (None, True)


def test_a_yes_to_a_question_is_an_answer_and_a_hum_is_not() -> None:
    """While the agent asks, assent takes the turn; "mm-hmm" alone does not."""
    assert play(voice(0), words("Yes.", 0), agent=ASKING)[1] == (Move.YIELD, True)
    assert play(voice(0), silence(300), words("Mm-hmm.", 0), agent=ASKING)[2] == (Move.GO_ON, False)


def test_the_agents_own_words_are_no_turn() -> None:
    """What comes back from the loudspeaker is let go; the customer's own words, or one word alone, are not taken so."""
    assert play(voice(0), silence(300), words("is on its way.", 0))[2] == (Move.GO_ON, False)
    assert play(voice(0), silence(300), words("A 104 is on its way.", 0))[2] == (Move.GO_ON, False)
    assert play(voice(0), words("It is on what?", 0))[1] == (Move.YIELD, True)


def test_speech_that_meets_silence_holds_nothing() -> None:
    """An ordinary turn makes no move and is heeded, short or not."""
    assert play(voice(0), silence(300), words("Yeah.", 0), agent=SILENT) == [(None, True)] * 3


def test_words_of_an_earlier_turn_do_not_decide_about_this_voice() -> None:
    """A transcript that comes late belongs to what was said before the agent began."""
    assert play(voice(5_000), words("Where is my order?", 1_000))[1] == (None, True)


def test_a_reply_that_comes_while_the_customer_speaks_waits() -> None:
    """It is held before its first sample, and forgotten when the customer goes on with words."""
    state, _ = floor.hear(Floor(), voice(1_000), SILENT, 0)
    state, ruling = floor.reply_comes(state, 0)
    assert ruling.move is Move.HOLD
    state, ruling = floor.hear(state, words("and my address", 1_000, final=False), replace(TALKING, said=""), 0)
    assert (ruling.move, ruling.heed) == (Move.YIELD, True)
    assert floor.reply_comes(Floor(), 0)[1].move is None


def test_what_must_be_heard_is_neither_held_nor_forgotten() -> None:
    """A reply that may not be interrupted goes on; one that came into a voice begins as soon as words are read."""
    assert play(voice(0), words("Wait a minute.", 0), agent=SILENT) == [(None, True)] * 2
    state, _ = floor.hear(Floor(), voice(0), SILENT, 0)
    state, _ = floor.reply_comes(state, 0)
    assert floor.hear(state, words("Wait a minute.", 0), SILENT, 0)[1].move is Move.GO_ON


def test_noise_holds_the_agent_for_a_bounded_time() -> None:
    """A voice without a word, and one whose words never come, are waited for and then ignored."""
    state, _ = floor.hear(Floor(), voice(0), TALKING, 0)
    assert floor.wait(state, WORDLESS_MS * 1_000_000 - 1)[1].move is None
    assert floor.wait(state, WORDLESS_MS * 1_000_000)[1].move is Move.GO_ON
    state, _ = floor.hear(state, silence(500), TALKING, 500_000_000)
    assert floor.wait(state, (500 + UNREAD_MS) * 1_000_000)[1].move is Move.GO_ON


def test_words_that_cannot_be_read_let_the_agent_go_on() -> None:
    """A failure of hearing is no reason for silence."""
    failed = HearingFailed(call_id="call", stamp=stamp(0), reason="broken")
    assert play(voice(0), silence(300), failed)[2] == (Move.GO_ON, True)


def test_a_raised_palm_holds_the_agent_until_it_goes_down() -> None:
    """Only while it talks, for five seconds at most, and a voice in between has the say."""
    state, ruling = floor.palm(Floor(), raised=True, agent=TALKING, now_ns=0)
    assert ruling.move is Move.HOLD
    assert floor.palm(state, raised=False, agent=TALKING, now_ns=1)[1].move is Move.GO_ON
    assert floor.wait(state, PALM_HOLDS_MS * 1_000_000)[1].move is Move.GO_ON
    assert floor.palm(Floor(), raised=True, agent=SILENT, now_ns=0)[1].move is None
    state, ruling = floor.hear(state, voice(0), TALKING, 0)
    assert ruling.move is None and state.holds
    assert floor.hear(state, words("Stop, please.", 0), TALKING, 0)[1].move is Move.YIELD


_events = st.sampled_from(["voice", "silence", "yeah", "words", "nothing", "failed", "reply", "up", "down", "wait"])


@given(st.lists(st.tuples(_events, st.booleans()), max_size=30))
def test_the_mouth_is_never_left_held(happenings: list[tuple[str, bool]]) -> None:
    """Whatever happens, holds and releases alternate, and time alone frees the agent."""
    state, held = Floor(), False
    now_ns = 0
    spoken = {"yeah": "Yeah.", "words": "No, the other one.", "nothing": ""}
    for number, (happening, talking) in enumerate(happenings):
        now_ns += 200_000_000
        agent = TALKING if talking else SILENT
        at_ms = now_ns // 1_000_000
        match happening:
            case "voice":
                state, ruling = floor.hear(state, voice(at_ms), agent, now_ns)
            case "silence":
                state, ruling = floor.hear(state, silence(at_ms), agent, now_ns)
            case "failed":
                failed = HearingFailed(call_id="call", stamp=stamp(at_ms), reason="")
                state, ruling = floor.hear(state, failed, agent, now_ns)
            case "reply":
                state, ruling = floor.reply_comes(state, now_ns)
            case "up" | "down":
                state, ruling = floor.palm(state, raised=happening == "up", agent=agent, now_ns=now_ns)
            case "wait":
                state, ruling = floor.wait(state, now_ns)
            case text:
                state, ruling = floor.hear(state, words(spoken[text], at_ms, final=bool(number % 2)), agent, now_ns)
        if ruling.move is Move.HOLD:
            assert not held
        held = ruling.move is Move.HOLD if ruling.move else held
        assert held == state.holds
    _, ruling = floor.wait(state, now_ns + 20_000_000_000)
    assert (ruling.move is Move.GO_ON) == held


def test_an_answer_to_a_line_that_may_go_on_is_withheld() -> None:
    """The reply is ready but not heard before the time that the words name; then it is, without anything happening."""
    doubtful = replace(words("I sent it back", 0), answer_from_ns=800_000_000)
    state, ruling = floor.hear(Floor(), doubtful, SILENT, 300_000_000)
    assert ruling.move is None
    state, ruling = floor.reply_comes(state, 500_000_000)
    assert ruling.move is Move.HOLD and state.check_at_ns == 800_000_000
    state, ruling = floor.wait(state, 800_000_000)
    assert ruling.move is Move.GO_ON and not state.holds
    assert floor.reply_comes(state, 900_000_000)[1].move is None


def test_a_withheld_answer_is_forgotten_when_the_customer_goes_on() -> None:
    """The voice takes over from the doubt: the words that follow end the reply that nobody heard."""
    state, _ = floor.hear(Floor(), replace(words("I sent it", 0), answer_from_ns=800_000_000), SILENT, 300_000_000)
    state, _ = floor.reply_comes(state, 500_000_000)
    state, ruling = floor.hear(state, voice(600), TALKING, 650_000_000)
    assert ruling.move is None and state.voice_holds
    assert floor.wait(state, 800_000_000)[1].move is None
    state, ruling = floor.hear(state, words("back last week.", 600), TALKING, 1_500_000_000)
    assert ruling.move is Move.YIELD and not state.holds
