"""How recommendations are measured: what is held out, what is read from files, and what comes out."""

from pathlib import Path

import pytest

from agent.core.errors import DataRejected
from agent.training.evaluate_recommend import Deed, evaluate_recommend, leave_last_out, load_deeds
from agent.training.progress import unheard


def written(folder: Path, text: str) -> Path:
    path = folder / "deeds.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_item_that_was_new_last_is_held_out_whole() -> None:
    """Nothing of it is left in the history, however often it was touched; a single item is not taken away."""
    deeds = [Deed(customer="a", item=item) for item in ("kettle", "tea", "kettle", "tent", "tent", "tea")]
    known, held_out = leave_last_out([*deeds, Deed(customer="b", item="tea")])
    assert held_out == {"a": "tent"}
    assert known == {"a": {"kettle": 1.0, "tea": 1.0}, "b": {"tea": 1.0}}


def test_rows_are_taken_in_order_of_time(tmp_path: Path) -> None:
    """Names of columns as data sets have them, dates or numbers, whatever the order of the rows."""
    path = written(tmp_path, "user_id,Product,timestamp\na,tent,2026-02-01\na,kettle,2026-01-01\n")
    assert [deed.item for deed in load_deeds(path)] == ["kettle", "tent"]
    path = written(tmp_path, "customer,item\na,tent\na,kettle\n")
    assert [deed.item for deed in load_deeds(path)] == ["tent", "kettle"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,what\na,b\n", "must name columns customer and item"),
        ("customer,item\na,tent\n,tent\n", "line 3: a customer and an item are needed"),
        ("customer,item,time\na,tent,soon\n", "line 2: 'soon' is no time"),
        ("customer,item\na,tent\nb,tent\n", "no customer has two different items"),
        ("", "must name columns"),
    ],
)
def test_a_file_that_is_no_history_is_refused_by_line(tmp_path: Path, text: str, said: str) -> None:
    """The reader learns which line is wrong and what belongs there."""
    with pytest.raises(DataRejected, match=said):
        evaluate_recommend(written(tmp_path, text), unheard)


def test_a_clear_pattern_is_found_where_popularity_does_not(tmp_path: Path) -> None:
    """Twenty sets of three that are bought together, in any order: the third is found, by popularity seldom."""
    orders = [("cup", "pot", "tea"), ("pot", "tea", "cup"), ("tea", "cup", "pot")]
    rows = [f"c{n},{part}{n % 20}" for n in range(240) for part in orders[n // 20 % 3]]
    evaluation = evaluate_recommend(written(tmp_path, "customer,item\n" + "\n".join(rows)), unheard)
    assert (evaluation.n, evaluation.items, evaluation.remarks) == (240, 60, ())
    assert evaluation.recall_at_10 > 0.99
    assert evaluation.popularity.recall_at_10 < 0.4
    assert evaluation.recall_gain_95[0] > 0.5
