"""Which alerts of one call stand open: a pure step from what was seen to what a supervisor should look at, and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.core.alerts import AlertKind
from agent.core.clock import NS_PER_S
from agent.core.lifecycle import CallState
from agent.core.sentences import tell
from agent.core.settings.supervision import SupervisionSettings
from agent.core.signals import AffectSignal, IntentSignal, Signal, TranscriptSignal, TurnSignal, VoiceSignal

RECOVERED_S = 5.0
"""A state, or a connection, that was well for so long is well again."""
UNSURE_S = 10.0
"""A low state that nothing has confirmed for so long is not known any more."""
INTENTS_COUNT_S = 180.0
TOOLS_COUNT_S = 120.0
MOST_KEPT = 8
"""Of intents, failures and pieces of evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen."""

    words: str
    """For a supervisor to read, `agent.core.sentences.Told` where it is a sentence of ours; never what anybody said."""
    at_ns: int
    """Monotonic."""
    seqs: tuple[int, ...] = ()
    """Signals of the call that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    kind: AlertKind
    number: int
    """Counts the alerts of a call from 1."""
    since_ns: int
    urgent: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAsked:
    reason: str
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """The call has entered a state."""

    state: CallState


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFailed:
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Share of the customer's packets of the last seconds that did not arrive, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionForgotten:
    """The customer has taken back that emotion is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Nothing but time has passed."""


Seen = Signal | PersonAsked | Stands | ToolFailed | Lost | EmotionForgotten | Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Something bad that lasts: since when, when it was last confirmed, and since when all is well again."""

    since_ns: int | None = None
    confirmed_ns: int = 0
    well_ns: int | None = None
    seqs: tuple[int, ...] = ()

    def worse(self, now_ns: int, seq: int | None = None) -> "Spell":
        since_ns = now_ns if self.since_ns is None else self.since_ns
        seqs = self.seqs if seq is None else (*self.seqs, seq)[-MOST_KEPT:]
        return Spell(since_ns=since_ns, confirmed_ns=now_ns, seqs=seqs)

    def better(self, now_ns: int) -> "Spell":
        well_ns = now_ns if self.well_ns is None else self.well_ns
        return Spell() if _for(well_ns, RECOVERED_S, now_ns) else replace(self, well_ns=well_ns)

    def lasted(self, least_s: float) -> bool:
        """Whether it was confirmed for so long; the time in which it may be getting better does not count."""
        return self.since_ns is not None and _for(self.since_ns, least_s, self.confirmed_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """One call. Values never change: `step` gives the next one."""

    stands: CallState = CallState.OFFERED
    stands_ns: int = 0
    asked: tuple[Evidence, ...] = ()
    """For a person, since the last one had the call."""
    asked_urgently: bool = False
    low: Spell = Spell()
    loss: Spell = Spell()
    intents: tuple[tuple[int, int, bool], ...] = ()
    """When, its number, and whether it was out of scope; the latest last."""
    spoken_ns: int = 0
    """When anybody last said or wrote something."""
    failures: tuple[Evidence, ...] = ()
    """Of tools."""
    open: tuple[OpenAlert, ...] = ()
    """The oldest first."""
    closed_ns: tuple[tuple[AlertKind, int], ...] = ()
    made: int = 0


def step(state: AlertState, seen: Seen, rules: SupervisionSettings, now_ns: int) -> AlertState:
    """Takes in what was seen, then opens alerts whose reason stands and closes those whose reason has gone.

    Most signals tell nothing of any alert and change nothing: for what time alone does there is `Looked`.
    """
    before, state = state, _noted(state, seen, rules, now_ns)
    if state is before and not isinstance(seen, Looked):
        return state
    for kind, told in _RULES.items():
        state = _judged(state, kind, told(state, rules, now_ns), rules, now_ns)
    return state


def _judged(
    state: AlertState, kind: AlertKind, evidence: tuple[Evidence, ...], rules: SupervisionSettings, now_ns: int
) -> AlertState:
    standing = next((alert for alert in state.open if alert.kind is kind), None)
    if not evidence:
        if standing is None:
            return state
        others = tuple(alert for alert in state.open if alert is not standing)
        closed = tuple((other, at_ns) for other, at_ns in state.closed_ns if other is not kind)
        return replace(state, open=others, closed_ns=(*closed, (kind, now_ns)))
    urgent = kind is AlertKind.PERSON_ASKED and (
        state.asked_urgently or _for(evidence[0].at_ns, rules.person_urgent_after_s, now_ns)
    )
    if standing is not None:
        # Words of a state that lasts would change with every look; those of the first one say enough.
        told = evidence if kind is AlertKind.PERSON_ASKED else standing.evidence
        changed = replace(standing, urgent=urgent, evidence=told)
        return replace(state, open=tuple(changed if alert is standing else alert for alert in state.open))
    if _cools(state, kind, rules, now_ns):
        return state
    made = state.made + 1
    alert = OpenAlert(kind=kind, number=made, since_ns=now_ns, urgent=urgent, evidence=evidence)
    return replace(state, open=(*state.open, alert), made=made)


def _cools(state: AlertState, kind: AlertKind, rules: SupervisionSettings, now_ns: int) -> bool:
    if kind is AlertKind.PERSON_ASKED:
        return False
    closed_ns = dict(state.closed_ns).get(kind)
    return closed_ns is not None and not _for(closed_ns, rules.cooldown_s, now_ns)


# ---- what is noted --------------------------------------------------------------------------------------------------


def _noted(state: AlertState, seen: Seen, rules: SupervisionSettings, now_ns: int) -> AlertState:
    match seen:
        case AffectSignal():
            return replace(state, low=_felt(state.low, seen, rules, now_ns))
        case IntentSignal():
            intents = (*state.intents, (now_ns, seen.seq, seen.value.out_of_scope))[-MOST_KEPT:]
            return replace(state, intents=intents, spoken_ns=now_ns)
        case TranscriptSignal():
            return replace(state, spoken_ns=now_ns)
        case VoiceSignal() if seen.value.speaking:
            return replace(state, spoken_ns=now_ns)
        case TurnSignal() if seen.value.holder != "nobody":
            return replace(state, spoken_ns=now_ns)
        case PersonAsked(reason=reason, urgent=urgent):
            asked = (*state.asked, Evidence(words=reason, at_ns=now_ns))[-MOST_KEPT:]
            return replace(state, asked=asked, asked_urgently=state.asked_urgently or urgent)
        case Stands(state=entered):
            return _entered(state, entered, now_ns)
        case ToolFailed(words=words):
            failures = (*state.failures, Evidence(words=words, at_ns=now_ns))[-MOST_KEPT:]
            return replace(state, failures=failures)
        case Lost(share=share):
            lossy = share >= rules.loss_share
            return replace(state, loss=state.loss.worse(now_ns) if lossy else state.loss.better(now_ns))
        case EmotionForgotten():
            return replace(state, low=Spell())
    return state


def _felt(low: Spell, signal: AffectSignal, rules: SupervisionSettings, now_ns: int) -> Spell:
    valence, prob = signal.value.valence, signal.confidence
    if not signal.valid or valence is None:
        return low
    if _for(low.confirmed_ns, UNSURE_S, now_ns):
        low = Spell()
    if valence <= rules.low_valence and prob is not None and prob >= rules.low_affect_prob:
        return low.worse(now_ns, signal.seq)
    return low.better(now_ns) if valence > rules.low_valence / 2 else low


def _entered(state: AlertState, entered: CallState, now_ns: int) -> AlertState:
    if entered is state.stands:
        return state
    state = replace(state, stands=entered, stands_ns=now_ns, spoken_ns=now_ns)
    if entered is CallState.TAKEN_OVER:
        return replace(state, asked=(), asked_urgently=False)
    return state


# ---- what speaks for each alert; nothing where its reason does not stand --------------------------------------------


def _person_asked(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    return state.asked


def _low_affect(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    low = state.low
    if not low.lasted(rules.low_affect_s) or _for(low.confirmed_ns, UNSURE_S, now_ns):
        return ()
    assert low.since_ns is not None, "a spell that lasts has begun"
    words = tell("low_affect", seconds=f"{rules.low_affect_s:g}", percent=_percent(rules.low_affect_prob))
    return (Evidence(words=words, at_ns=low.since_ns, seqs=low.seqs),)


def _misunderstood(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    recent = [one for one in state.intents if not _for(one[0], INTENTS_COUNT_S, now_ns)][-rules.misunderstandings :]
    if len(recent) < rules.misunderstandings or not all(unknown for _, _, unknown in recent):
        return ()
    words = tell("misunderstood", count=str(len(recent)))
    return (Evidence(words=words, at_ns=recent[0][0], seqs=tuple(seq for _, seq, _ in recent)),)


def _held(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    if state.stands is not CallState.HELD or not _for(state.stands_ns, rules.held_s, now_ns):
        return ()
    return (Evidence(words=tell("held", seconds=f"{rules.held_s:g}"), at_ns=state.stands_ns),)


def _silence(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    talks = state.stands in (CallState.CONNECTED, CallState.SPEAKING)
    if not talks or not _for(state.spoken_ns, rules.silence_s, now_ns):
        return ()
    return (Evidence(words=tell("silence", seconds=f"{rules.silence_s:g}"), at_ns=state.spoken_ns),)


def _tool_failed(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    recent = tuple(failure for failure in state.failures if not _for(failure.at_ns, TOOLS_COUNT_S, now_ns))
    return recent if len(recent) >= rules.tool_failures else ()


def _connection(state: AlertState, rules: SupervisionSettings, now_ns: int) -> tuple[Evidence, ...]:
    if not state.loss.lasted(rules.loss_s):
        return ()
    assert state.loss.since_ns is not None, "a spell that lasts has begun"
    words = tell("packets_lost", percent=_percent(rules.loss_share), seconds=f"{rules.loss_s:g}")
    return (Evidence(words=words, at_ns=state.loss.since_ns),)


_RULES: dict[AlertKind, Callable[[AlertState, SupervisionSettings, int], tuple[Evidence, ...]]] = {
    AlertKind.PERSON_ASKED: _person_asked,
    AlertKind.LOW_AFFECT: _low_affect,
    AlertKind.MISUNDERSTOOD: _misunderstood,
    AlertKind.HELD: _held,
    AlertKind.SILENCE: _silence,
    AlertKind.TOOL_FAILED: _tool_failed,
    AlertKind.CONNECTION: _connection,
}


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _for(since_ns: int, least_s: float, now_ns: int) -> bool:
    """Whether something has lasted so long."""
    return now_ns - since_ns >= least_s * NS_PER_S
