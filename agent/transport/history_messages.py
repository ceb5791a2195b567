"""What the page on past calls is told: calls that ended, what happened in one, what searches find, and trends."""

from typing import Literal

import msgspec

from agent.core.sentences import Sentence


class PastCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that has ended, without a word of it."""

    call_id: str
    started_at: float
    """Like all times with `_at`, in Unix seconds."""
    lasted_s: float
    language: str
    domain: str | None
    outcome: str | None
    ended_because: str | None
    intents: tuple[str, ...]
    """That were understood, the most frequent first."""
    turns: int | None
    """None before that was worked out, a few seconds after the call."""
    taken_over: bool | None
    score: int | None
    """That the customer gave, 1 to 5."""
    resolved: bool | None
    replayable: bool
    """Whether points of face or hands are kept."""
    damaged: bool = False
    """Whether what is kept of it was altered, so that it cannot be read; a backup may have it."""


class CallsPage(msgspec.Struct, frozen=True, kw_only=True, tag="calls"):
    calls: tuple[PastCall, ...]
    next: str | None
    """Shown as `before` it gives the next page; None on the last one."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was said, typed or answered."""

    at_s: float
    """Like all times without `_at`, since the call began."""
    who: str
    """customer, agent, or staff."""
    text: str
    typed: bool = False
    intent: str | None = None
    slots: dict[str, str] = {}
    because: tuple[str, ...] = ()
    """Signals that shaped a reply, in words."""
    told_because: tuple[Sentence, ...] = ()
    """The same, to be said in another language."""


class PastEvent(msgspec.Struct, frozen=True, kw_only=True):
    at_s: float
    kind: str
    """Of the signal; or card, consent, taken_over, resumed, coach, alert, alert_seen_to, alert_over."""
    label: str
    confidence: float | None = None
    detail: str = ""
    """Of an alert what it rested on, or who saw to it."""
    told_detail: tuple[Sentence, ...] = ()
    """What an alert rested on, to be said in another language."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff said of a moment."""

    at_s: float
    kind: str
    read: str
    right: str
    """Empty where nobody could tell."""
    correct: bool
    by: str
    labelled_at: float


class TrackedPart(msgspec.Struct, frozen=True, kw_only=True):
    part: Literal["face", "left", "right"]
    """The customer's face, or a hand of theirs."""
    points: int


class TracksFrame(msgspec.Struct, frozen=True, kw_only=True):
    media_ms: float
    parts: tuple[TrackedPart, ...]


class TracksHead(msgspec.Struct, frozen=True, kw_only=True, tag="tracks"):
    """What the points after it belong to: of each frame and part in turn x, y, x, y …, in 16 bits, little end first."""

    scale: int
    """Points are in parts of the picture's width and height."""
    frames: tuple[TracksFrame, ...]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    score: int
    resolved: bool | None
    text: str


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to draw."""

    state: Literal["kept", "not_agreed", "taken_back", "gone"]
    """Gone: it was agreed to, and what was kept has been kept long enough, or nobody was seen."""
    starts_s: tuple[float, ...] = ()
    """Where each part begins."""
    media_began_s: float = 0.0
    """When the clock of the pictures, which parts tell, stood at 0."""


class CallStory(msgspec.Struct, frozen=True, kw_only=True, tag="story"):
    """Everything about a call but its series of numbers."""

    call: PastCall
    lines: tuple[Line, ...]
    events: tuple[PastEvent, ...]
    labels: tuple[Label, ...]
    survey: Survey | None
    consents: tuple[tuple[float, tuple[str, ...]], ...]
    """What was agreed to from when on."""
    replay: Replay
    trains: bool
    """Whether the customer agreed that labels are learnt from."""
    label_values: dict[str, tuple[str, ...]]
    """What can be said to have been right, by kind of label."""


class AffectSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One value a second, columns of the same length; None where nothing was known."""

    at_s: tuple[float, ...] = ()
    valence: tuple[float | None, ...] = ()
    arousal: tuple[float | None, ...] = ()
    frustration: tuple[float | None, ...] = ()
    label: tuple[str, ...] = ()


class ExpressionSeries(msgspec.Struct, frozen=True, kw_only=True):
    at_s: tuple[float, ...] = ()
    label: tuple[str, ...] = ()
    confidence: tuple[float | None, ...] = ()
    reason: tuple[str | None, ...] = ()
    """Why nothing is known."""


class VoiceSeries(msgspec.Struct, frozen=True, kw_only=True):
    at_s: tuple[float, ...] = ()
    speaking: tuple[bool, ...] = ()
    energy_db: tuple[float, ...] = ()
    pitch_hz: tuple[float | None, ...] = ()


class SceneSeries(msgspec.Struct, frozen=True, kw_only=True):
    at_s: tuple[float, ...] = ()
    label: tuple[str, ...] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True, tag="series"):
    affect: AffectSeries
    expression: ExpressionSeries
    voice: VoiceSeries
    scene: SceneSeries


class SearchHit(msgspec.Struct, frozen=True, kw_only=True, tag="hit"):
    call_id: str
    started_at: float
    at_s: float
    who: str
    """customer, agent, staff; or event."""
    text: str
    """The line, or the event in words."""


class SearchProgress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    calls: int
    """Searched so far, the newest first."""
    oldest_at: float | None
    """When the last of them began."""


class SearchDone(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    calls: int
    why: Literal["all", "hits", "calls"]
    """Ended as everything was searched, or there were as many hits or calls as one search may have."""
    oldest_at: float | None
    damaged: int = 0
    """Of the calls: those that were passed over, as what is kept of them was altered."""


class SearchFault(msgspec.Struct, frozen=True, kw_only=True, tag="fault"):
    message: str


SearchLine = SearchHit | SearchProgress | SearchDone | SearchFault


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A mean or a share, with the interval in which it lies with 95 %."""

    n: int
    value: float
    low: float
    high: float


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of one day, intent, domain, outcome or language; or all."""

    name: str
    calls: int
    lasted_s: float
    """Their mean."""
    handed_off: Estimate
    """Share in which a person was asked for, or took over."""
    resolved: Estimate | None
    """Share of those who said whether what they came for was done."""
    score: Estimate | None
    """Mean of the scores that customers gave."""
    predicted: Estimate | None
    """What those who gave none would have given, as far as can be told; None without a model, or where it is hidden."""
    valence_start: float | None
    valence_end: float | None
    valence_change: Estimate | None
    """Of each call from its beginning to its end; None where nothing is known, or `hidden`."""
    hidden: bool = False
    """Whether figures of emotion are not shown, as too few people stand behind them."""


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """How scores are predicted from how calls went, and what that is worth."""

    n: int
    """Calls with a score, from which it is learnt."""
    least: int
    """So many are needed."""
    error: Estimate | None
    """Mean distance from the score that was given, each predicted from other calls; None where there are too few."""
    error_of_mean: float | None
    """The same of always saying the others' mean."""


class Trends(msgspec.Struct, frozen=True, kw_only=True, tag="trends"):
    by: str
    from_at: float
    until_at: float
    total: Group
    groups: tuple[Group, ...]
    prediction: Prediction
    smallest_group: int
    without_facts: int
    """Calls that are counted, but whose intents and emotion are not known (yet, or any more)."""
    cut: bool
    """Whether there were more calls than can be looked at; the newest are."""


HistoryAnswer = CallsPage | CallStory | Series | TracksHead | Trends
