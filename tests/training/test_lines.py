"""Lines with intents are read from each form that is known, and other files are refused with the reason."""

import json
from pathlib import Path

import pytest

from agent.core.errors import DataRejected
from agent.dialogue.understanding import load_understanding
from agent.training.lines import bare, held_out_files, load_lines, together


def test_csv(tmp_path: Path) -> None:
    """A CSV with text and category, commas in quotes included."""
    file = tmp_path / "lines.csv"
    file.write_text('text,category\n"hi, you",greet\nbye,leave\n', encoding="utf-8")
    lines = load_lines(file, "test")
    assert (
        lines.texts == ("hi, you", "bye") and lines.intents == ("greet", "leave") and lines.names == ("greet", "leave")
    )


def test_clinc_json(tmp_path: Path) -> None:
    """A JSON with splits gives the one that is asked for, its out-of-scope lines belonging to no intent."""
    file = tmp_path / "lines.json"
    splits = {"train": [["a", "x"]], "test": [["b", "y"]], "oos_test": [["c", "oos"]], "oos_train": [["d", "oos"]]}
    file.write_text(json.dumps(splits), encoding="utf-8")
    assert load_lines(file, "test").intents == ("y", None)
    assert load_lines(file, "train").texts == ("a", "d")
    with pytest.raises(DataRejected, match="val"):
        load_lines(file, "val")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", "hi,greet\nbye,leave\n"),
        ("named.csv", "id,label,text\n1,greet,hi\n2,leave,bye\n"),
        ("marked.csv", "\ufefftext,category\r\nhi,greet\r\n\r\nbye,leave\r\n"),
        ("tabs.tsv", "Utterance\tIntent\nhi\tgreet\nbye\tleave\n"),
        ("list.json", '[["hi", "greet"], {"text": "bye", "label": "leave"}]'),
        ("one_split.json", '{"greetings": [["hi", "greet"]], "partings": [["bye", "leave"]]}'),
        ("lines.jsonl", '{"text": "hi", "intent": "greet"}\n\n["bye", "leave"]\n'),
    ],
)
def test_forms(tmp_path: Path, name: str, content: str) -> None:
    """Columns in any order or without a header, a byte order mark, empty lines, tabs, objects, JSON a line."""
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    lines = load_lines(file, "test")
    assert (lines.texts, lines.intents) == (("hi", "bye"), ("greet", "leave"))


def test_intents_that_are_numbers(tmp_path: Path) -> None:
    """Classes that a data set numbers are named by their numbers."""
    file = tmp_path / "lines.jsonl"
    file.write_text('{"text": "hi", "label": 0}\n', encoding="utf-8")
    assert load_lines(file, "train").intents == ("0",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("lines.txt", "hello", "no form"),
        ("lines.csv", "", "no lines"),
        ("lines.csv", "a,b,c\n1,2,3\n", "names no column"),
        ("lines.csv", "text,other\nhi,greet\n", "none of intents"),
        ("lines.csv", "text,category\nhi,greet\nbye\n", "line 3 has 1 columns"),
        ("lines.csv", "hi,greet\nbye, then,leave\n", "line 2 has 3 columns"),
        ("lines.csv", "text,category\nhi,\n", "line 2 has no text or no intent"),
        ("lines.csv", 'text,category\n"hi,greet\n', "line 2"),
        ("lines.json", "{", "Expecting"),
        ("lines.json", "[1, 2]", "item 1 is neither"),
        ("lines.json", '{"test": [["hi", "greet"], ["bye", null]]}', "item 2 of 'test'"),
        ("lines.jsonl", '["hi", "greet"]\n["bye"\n', "line 2 is no JSON"),
        ("lines.yaml", "- just\n- a list\n", "lines.yaml"),
    ],
)
def test_refused(tmp_path: Path, name: str, content: str, says: str) -> None:
    """What is of no known form is refused, and the message names the file, the place and the fault."""
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataRejected, match=rf"{name}.*{says}"):
        load_lines(file, "test")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is refused like one that cannot be read."""
    with pytest.raises(DataRejected, match=r"nowhere\.json"):
        load_lines(tmp_path / "nowhere.json", "test")


@pytest.mark.parametrize("pack", ["shop", "bank", "clinic"])
def test_our_own_lines(pack: str) -> None:
    """Our lines cover every intent of a pack, and no held-out line is one that was trained on."""
    ours, held_out = load_understanding(pack), together(load_lines(file, "test") for file in held_out_files(pack))
    assert set(ours.labels) - {None} == set(held_out.names) == set(ours.intents)
    for name in ours.intents:
        assert ours.labels.count(name) >= 30 and held_out.intents.count(name) >= 12
    assert ours.labels.count(None) >= 150
    assert not {bare(text) for text in ours.texts} & {bare(text) for text in held_out.texts}
