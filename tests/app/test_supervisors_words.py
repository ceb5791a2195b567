"""Words of a supervisor take the place of one reply, whole or streamed, and of no more."""

from agent.app.supervisors_words import SupervisorsWords
from agent.dialogue.protocol import Say, SayDelta, SayEnd


def test_one_whole_reply_is_replaced() -> None:
    """It keeps its id, its language and the turn that it answers; the reply after it is the engine's own."""
    words = SupervisorsWords()
    words.put("We are closed.")
    said = words.instead_of(Say(id="a", text="Come in!", language="en", in_reply_to=3))
    assert isinstance(said, Say)
    assert (said.id, said.text, said.in_reply_to) == ("a", "We are closed.", 3)
    assert [because.kind for because in said.because] == ["coach"]
    after = Say(id="b", text="Anything else?")
    assert words.instead_of(after) is after


def test_the_rest_of_a_stream_that_was_replaced_is_left_out() -> None:
    """The first piece becomes the whole reply, later ones and the end are nothing."""
    words = SupervisorsWords()
    words.put("We are closed.")
    assert words.instead_of(SayEnd(id="a")) == SayEnd(id="a")
    said = words.instead_of(SayDelta(id="b", text="Do "))
    assert isinstance(said, Say) and said.text == "We are closed."
    assert words.instead_of(SayDelta(id="b", text="come in!")) is None
    assert words.instead_of(SayEnd(id="b")) is None


def test_a_stream_under_way_is_said_to_its_end() -> None:
    """Words that are put meanwhile wait for the reply after it; of two that were put, the later ones are said."""
    words = SupervisorsWords()
    pieces: list[SayDelta | SayEnd] = [SayDelta(id="a", text="Come "), SayDelta(id="a", text="in!"), SayEnd(id="a")]
    assert words.instead_of(pieces[0]) is pieces[0]
    words.put("First.")
    words.put("Second.")
    assert [words.instead_of(piece) for piece in pieces[1:]] == pieces[1:]
    said = words.instead_of(Say(id="b", text="Anything else?"))
    assert isinstance(said, Say) and said.text == "Second."
