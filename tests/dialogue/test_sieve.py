"""What an agent does not act on: replies that come twice, for nobody, too late, too long, or too fast."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.cards import Card
from agent.core.clock import NS_PER_S
from agent.core.errors import ProtocolError
from agent.dialogue.protocol import FromEngine, Handoff, Note, Say, SayDelta, SayEnd, Show, Stop
from agent.dialogue.sieve import (
    BURST_BYTES,
    BURST_MESSAGES,
    MESSAGES_A_S,
    OPEN_STREAMS,
    STREAM_IDLE_S,
    Allowance,
    Sieve,
)


@pytest.fixture
def sieve() -> Sieve:
    """Of a call in which two turns were asked."""
    sieve = Sieve()
    sieve.asked(1)
    sieve.asked(2)
    return sieve


def test_a_reply_is_said_once(sieve: Sieve) -> None:
    """The second reply under an id is dropped; a guess does not count, as it is said again when it proves right."""
    say = Say(id="a", text="Hello")
    assert sieve.passes(Say(id="a", text="Hello", guess=True), 0)
    assert sieve.passes(say, 0)
    assert not sieve.passes(say, 0)
    assert not sieve.passes(SayDelta(id="a", text="Hello"), 0)
    assert sieve.repeated == 2


def test_ids_begin_anew_with_a_connection(sieve: Sieve) -> None:
    """An engine that was started again numbers from the beginning, and is heard."""
    assert sieve.passes(Say(id="1", text="Hello"), 0)
    sieve.connect()
    assert sieve.passes(Say(id="1", text="Hello again"), 0)


@pytest.mark.parametrize("turn", [0, -1, 3, 10**9])
def test_a_reply_to_no_turn_of_this_call_is_not_spoken(sieve: Sieve, turn: int) -> None:
    """It may belong to another customer."""
    assert not sieve.passes(Say(id="a", text="Your balance is 12 dollars.", in_reply_to=turn), 0)
    assert not sieve.passes(SayDelta(id="b", text="Your balance", in_reply_to=turn), 0)
    assert sieve.misdirected == 2


def test_a_late_reply_counts_until_the_customer_has_gone_on(sieve: Sieve) -> None:
    """What the agent has given up waiting for is still welcome, but not after the next question."""
    sieve.give_up()
    assert sieve.passes(Say(id="a", text="Late", in_reply_to=2), 0)
    sieve.asked(3)
    assert not sieve.passes(Say(id="b", text="Later", in_reply_to=2), 0)
    assert sieve.passes(Say(id="c", text="To the next", in_reply_to=3), 0)
    assert sieve.stale == 1


def test_two_questions_in_a_row_are_both_answered(sieve: Sieve) -> None:
    """An answer to an earlier turn is not stale for being second, only for having been given up."""
    assert sieve.passes(Say(id="a", text="To the first", in_reply_to=1), 0)
    assert sieve.passes(Say(id="b", text="To the second", in_reply_to=2), 0)


def test_a_stream_that_never_ends_is_cut(sieve: Sieve) -> None:
    """Of a stream no more passes than of a whole reply."""
    passed = [sieve.passes(SayDelta(id="s", text="x" * 1_000), 0) for _ in range(6)]
    assert passed == [True, True, True, True, False, False]
    assert sieve.overlong == 2


def test_streams_at_a_time_are_few(sieve: Sieve) -> None:
    """One that has been silent for long makes room, and cannot go on."""
    for number in range(OPEN_STREAMS):
        assert sieve.passes(SayDelta(id=f"s{number}", text="x"), 0)
    assert not sieve.passes(SayDelta(id="more", text="x"), 0)
    later_ns = int((STREAM_IDLE_S + 1) * NS_PER_S)
    assert sieve.passes(SayDelta(id="fresh", text="x"), later_ns)
    assert not sieve.passes(SayDelta(id="s0", text="x"), later_ns)


def test_what_was_silenced_does_not_begin_again(sieve: Sieve) -> None:
    """Pieces that were on their way when the customer spoke over the agent, or it was told to stop, are dropped."""
    for name in ("a", "b"):
        assert sieve.passes(SayDelta(id=name, text="x"), 0)
    assert sieve.passes(Stop(say="a"), 0)
    assert not sieve.passes(SayDelta(id="a", text="x"), 0)
    assert sieve.passes(SayDelta(id="b", text="x"), 0)
    sieve.hush()
    assert not sieve.passes(SayDelta(id="b", text="x"), 0)
    assert not sieve.passes(SayEnd(id="b"), 0)


def test_an_end_without_a_beginning_is_nothing(sieve: Sieve) -> None:
    """Only a stream that passes has an end that passes, and only one."""
    assert not sieve.passes(SayEnd(id="s"), 0)
    assert sieve.passes(SayDelta(id="s", text="x"), 0)
    assert sieve.passes(SayEnd(id="s"), 0)
    assert not sieve.passes(SayEnd(id="s"), 0)


def test_other_messages_pass(sieve: Sieve) -> None:
    """Cards, notes and hand-offs have rules of their own."""
    messages: list[FromEngine] = [Show(card=Card(id="c", title="t")), Handoff(reason="asked"), Note(text="n"), Stop()]
    assert all(sieve.passes(message, 0) for message in messages)


MESSAGES: list[Callable[[str, int], FromEngine]] = [
    lambda name, turn: Say(id=name, text="x", in_reply_to=turn),
    lambda name, turn: SayDelta(id=name, text="x" * 900, in_reply_to=turn),
    lambda name, turn: SayEnd(id=name),
]


@given(st.lists(st.tuples(st.sampled_from(MESSAGES), st.sampled_from("abcdefgh"), st.integers(-1, 4)), max_size=60))
def test_no_engine_gets_more_through_than_it_may(
    script: list[tuple[Callable[[str, int], FromEngine], str, int]],
) -> None:
    """Whatever comes: each id begins once, and few streams are open at a time."""
    sieve = Sieve()
    sieve.asked(3)
    begun: list[str] = []
    open_streams: set[str] = set()
    for make, name, turn in script:
        message = make(name, turn)
        if not sieve.passes(message, 0):
            continue
        if isinstance(message, Say) or (isinstance(message, SayDelta) and name not in open_streams):
            begun.append(name)
        if isinstance(message, SayDelta):
            open_streams.add(name)
        if isinstance(message, SayEnd):
            open_streams.remove(name)
        assert len(open_streams) <= OPEN_STREAMS
    assert len(begun) == len(set(begun))


def test_a_flood_is_refused_and_a_brisk_stream_is_not() -> None:
    """A thousand messages at once may come, and two hundred a second for as long as it likes."""
    brisk = Allowance(0)
    for number in range(20 * MESSAGES_A_S):
        brisk.take(200, number * NS_PER_S // MESSAGES_A_S)
    flood = Allowance(0)
    for _ in range(BURST_MESSAGES):
        flood.take(10, 0)
    with pytest.raises(ProtocolError, match="messages a second"):
        flood.take(10, 0)


def test_megabytes_are_refused() -> None:
    """A few large messages are dropped one by one; a stream of them ends the connection."""
    allowance = Allowance(0)
    for _ in range(BURST_BYTES // 2**20):
        allowance.take(2**20, 0)
    with pytest.raises(ProtocolError, match="KiB a second"):
        allowance.take(2**20, 0)
