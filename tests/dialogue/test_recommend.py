"""The recommender: what goes together comes first, the reason is one of the customer's own deeds, strangers get what is
popular."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.recommend import fit

TEA = [{"kettle": 1.0, "tea": 1.0}] * 12
TRAIL = [{"tent": 1.0, "stove": 1.0}] * 8
EVERYBODY = [{"bottle": 1.0, "kettle": 1.0, "tea": 1.0}] * 4 + [{"bottle": 1.0, "tent": 1.0, "stove": 1.0}] * 4


def test_what_goes_with_the_history_comes_first_with_its_reason() -> None:
    """Who has a tent is shown the stove, because of the tent; who has a kettle the tea."""
    recommender = fit([*TEA, *TRAIL, *EVERYBODY], ["kettle", "tea", "tent", "stove", "bottle"])
    stove, *_ = recommender.best({"tent": 1.0}, 3, allowed=lambda item: item != "tent")
    tea, *_ = recommender.best({"kettle": 1.0}, 3, allowed=lambda item: item != "kettle")
    assert (stove.item, stove.because) == ("stove", "tent")
    assert (tea.item, tea.because) == ("tea", "kettle")


def test_a_new_customer_gets_what_is_popular_and_no_invented_reason() -> None:
    """Without a history the order is that of how many customers have each, and nothing is named as a reason."""
    recommender = fit([*TEA, *TRAIL, *EVERYBODY], ["kettle", "tea", "tent", "stove", "bottle"])
    best = recommender.best({}, 5)
    assert {one.item for one in best[:2]} == {"kettle", "tea"}
    assert best[-1].item == "bottle"
    assert {one.because for one in best} == {None}


def test_what_nobody_touched_is_last_and_still_there() -> None:
    """An item that is new on the shelf is neither lost nor in front."""
    recommender = fit(TEA, ["lamp", "kettle", "tea"])
    assert [one.item for one in recommender.best({"kettle": 1.0}, 3)][-1] == "lamp"


def test_a_shop_without_any_history_still_answers() -> None:
    """On the first day nothing is known, and something is shown all the same."""
    assert {one.item for one in fit([], ["kettle", "tea"]).best({}, 5)} == {"kettle", "tea"}
    assert fit([], list[str]()).best({}, 5) == ()


histories = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([0.4, 0.6, 1.0]), min_size=1), min_size=1, max_size=12
)


@given(histories, st.integers(1, 6))
def test_only_what_is_allowed_once_each_best_first(customers: list[dict[str, float]], count: int) -> None:
    """Whatever customers did: no item twice, none that is not allowed, scores that fall, reasons from the history."""
    recommender = fit(customers, "abcdef")
    history = customers[0]
    best = recommender.best(history, count, allowed=lambda item: item not in history)
    scores = [one.score for one in best]
    assert len({one.item for one in best}) == len(best) == min(count, 6 - len(history))
    assert not {one.item for one in best} & history.keys()
    assert scores == sorted(scores, reverse=True)
    assert {one.because for one in best} <= {None, *history}


@given(histories)
def test_no_item_speaks_for_itself(customers: list[dict[str, float]]) -> None:
    """The diagonal is zero: that somebody has a thing is no reason to show it."""
    assert np.all(np.diag(fit(customers, "abcdef").weights) == 0.0)
