"""How calls went, compared by day, intent, domain, outcome or language: figures, each with how sure it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import mean, stdev

from agent.app.call_facts import CallFacts, read_facts
from agent.app.score_prediction import Z_95, ScoreModel
from agent.core.lifecycle import Outcome
from agent.storage.ended_calls import EndedCall
from agent.transport.history_messages import Estimate, Group, Trends

MOST_GROUPS = 100
"""That are told apart; days beyond are the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCall:
    ended: EndedCall
    facts: CallFacts | None

    @property
    def person(self) -> str:
        """Whose it was: of guests each call is somebody else's."""
        return self.ended.call.customer or f"call {self.ended.call.id}"

    @property
    def language(self) -> str:
        return self.ended.call.locale.partition("-")[0].lower()

    @property
    def lasted_s(self) -> float:
        call = self.ended.call
        return max(0.0, (call.ended_at or call.started_at) - call.started_at)

    @property
    def handed_off(self) -> bool:
        taken_over = self.facts is not None and self.facts.taken_over
        return taken_over or self.ended.call.outcome == Outcome.PERSON_ASKED.value


def compared(ended: Iterable[EndedCall]) -> list[ComparedCall]:
    return [ComparedCall(ended=one, facts=read_facts(one.summary)) for one in ended]


def trends_of(
    calls: Sequence[ComparedCall],
    *,
    by: str,
    from_s: float,
    until_s: float,
    utc_offset_min: int,
    smallest_group: int,
    cut: bool,
) -> Trends:
    """Of all calls, and of each group of them, days and what is frequent first.

    Figures of emotion are hidden for a group of fewer than `smallest_group` people; were just one hidden, the smallest
    of the others is, too, as it could be worked out of the total.
    """
    model = ScoreModel.learnt(calls)
    groups = _grouped(calls, by, utc_offset_min)
    if by == "day":
        order = sorted(groups, reverse=True)[:MOST_GROUPS][::-1]
    else:
        order = sorted(groups, key=lambda name: (-len(groups[name]), name))[:MOST_GROUPS]
    hidden = _hidden({name: groups[name] for name in order}, smallest_group)
    return Trends(
        by=by,
        from_at=from_s,
        until_at=until_s,
        total=_group("all", calls, model, hide=_people(calls) < smallest_group),
        groups=tuple(_group(name, groups[name], model, hide=name in hidden) for name in order),
        prediction=model.worth,
        smallest_group=smallest_group,
        without_facts=sum(call.facts is None for call in calls),
        cut=cut,
    )


def _grouped(calls: Sequence[ComparedCall], by: str, utc_offset_min: int) -> Mapping[str, list[ComparedCall]]:
    """Of intents a call is in the group of each that it had."""
    groups: dict[str, list[ComparedCall]] = defaultdict(list)
    for one in calls:
        for name in _names(one, by, utc_offset_min):
            groups[name].append(one)
    return groups


def _names(one: ComparedCall, by: str, utc_offset_min: int) -> tuple[str, ...]:
    call = one.ended.call
    match by:
        case "intent":
            return tuple(one.facts.intents) if one.facts is not None and one.facts.intents else ("unknown",)
        case "domain":
            return (call.domain or "unknown",)
        case "outcome":
            return (call.outcome or "unknown",)
        case "language":
            return (one.language,)
        case _:
            at = datetime.fromtimestamp(call.started_at, UTC) + timedelta(minutes=utc_offset_min)
            return (at.date().isoformat(),)


def _people(calls: Sequence[ComparedCall]) -> int:
    """Behind figures of emotion."""
    return len({one.person for one in calls if one.facts is not None and one.facts.valence is not None})


def _hidden(groups: Mapping[str, Sequence[ComparedCall]], smallest_group: int) -> frozenset[str]:
    people = {name: _people(calls) for name, calls in groups.items()}
    told = {name: count for name, count in people.items() if count}
    hidden = {name for name, count in told.items() if count < smallest_group}
    if len(hidden) == 1 and len(told) > 1:
        hidden.add(min((name for name in told if name not in hidden), key=lambda name: told[name]))
    return frozenset(hidden)


def _group(name: str, calls: Sequence[ComparedCall], model: ScoreModel, *, hide: bool) -> Group:
    ends = [one.facts.valence for one in calls if one.facts is not None and one.facts.valence is not None]
    shown = [] if hide else ends
    answered = [one.ended.resolved for one in calls if one.ended.resolved is not None]
    scores = [float(one.ended.score) for one in calls if one.ended.score is not None]
    return Group(
        name=name,
        calls=len(calls),
        lasted_s=mean(one.lasted_s for one in calls) if calls else 0.0,
        handed_off=share_of([one.handed_off for one in calls]),
        resolved=share_of(answered) if answered else None,
        score=mean_of(scores, low=1.0, high=5.0) if scores else None,
        predicted=None if hide else model.mean_of([one for one in calls if one.ended.score is None]),
        valence_start=mean(one.start for one in shown) if shown else None,
        valence_end=mean(one.end for one in shown) if shown else None,
        valence_change=mean_of([one.change for one in shown], low=-2.0, high=2.0) if shown else None,
        hidden=hide and bool(ends),
    )


def share_of(yes: Sequence[bool]) -> Estimate:
    """With the interval of Wilson (1927), which holds for few and for shares near 0 and 1."""
    n = len(yes)
    if n == 0:
        return Estimate(n=0, value=0.0, low=0.0, high=1.0)
    share = sum(yes) / n
    middle = share + Z_95**2 / (2 * n)
    spread = Z_95 * sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    scale = 1 + Z_95**2 / n
    return Estimate(n=n, value=share, low=max(0.0, (middle - spread) / scale), high=min(1.0, (middle + spread) / scale))


def mean_of(values: Sequence[float], *, low: float, high: float) -> Estimate:
    """With the normal interval, within what a value can be; of a single value nothing is known but that."""
    n, middle = len(values), mean(values)
    if n < 2:
        return Estimate(n=n, value=middle, low=low, high=high)
    spread = Z_95 * stdev(values) / sqrt(n)
    return Estimate(n=n, value=middle, low=max(low, middle - spread), high=min(high, middle + spread))
