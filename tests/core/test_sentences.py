"""A sentence for staff remembers what it was made from until it goes over a wire, and says it there."""

import pickle

import msgspec
import pytest

from agent.core.sentences import SENTENCES, Sentence, Told, sentence, tell, values_in


def test_a_sentence_reads_in_english_and_is_a_plain_string_to_everybody_else() -> None:
    """Figures and names stand in it, lists joined as the sentence asks."""
    load = tell("load", measure="some frames are not read", strain=("the process has no time left", "listening waits"))
    assert load == "some frames are not read, because the process has no time left and listening waits"
    assert f"{load}." == "some frames are not read, because the process has no time left and listening waits."
    assert not isinstance(load + ".", Told)


def test_code_and_values_go_over_the_wire_and_come_back() -> None:
    """An engine's process, the archive and pages get them as JSON."""
    said = sentence(tell("situation_as", situation="a", sign=("b", "c"), effect="d"))
    assert said.words == "a (b, c), so d"
    read = msgspec.json.decode(msgspec.json.encode(said), type=Sentence)
    assert read == said and sentence(read.told) == said


def test_it_is_remembered_from_one_process_to_another() -> None:
    """Faults of the process that reads pictures are told by the one that serves the call."""
    there = pickle.loads(pickle.dumps(tell("threads_lost", count="1", threads="2")))
    assert sentence(there).code == "threads_lost" and sentence(there).values == {"count": "1", "threads": "2"}


def test_words_of_others_have_no_code() -> None:
    """So they stay as they are, wherever they are read."""
    assert sentence("it was refused") == Sentence(words="it was refused")
    assert type(sentence("it was refused").told) is str


def test_a_sentence_that_is_not_known_or_lacks_a_value_is_not_told() -> None:
    """A slip of whoever writes one is seen at once."""
    with pytest.raises(KeyError):
        tell("never_heard_of")
    with pytest.raises(KeyError):
        tell("held")
    assert values_in(SENTENCES["worded_by_from"]) == {"model", "tools"}
