"""The mouth over time: lips that go to and fro as in speech, told from a mouth that is held open."""

from dataclasses import dataclass, replace

from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.fusion.filters import LONGEST_WATCHED_GAP_S, Pace

STROKE = 0.012
"""How far lips part or close, over the height of the face, for it to be a movement: some 2 mm. The mesh of a face that
keeps still wanders by 0.004, that of a photograph in a hand by 0.009."""
STROKE_RATIO = 0.35
"""The same, over how far the mouth is open at the wider end: speech closes lips again and again, while the mesh of a
laughing mouth that is held open wanders by a fifth."""
LONGEST_STROKE_MS = 500
"""Syllables come three to seven a second; what opens or closes more slowly is a yawn or a smile."""
WITHIN_MS = 1_400
BEGINS_WITH, ENDS_BELOW = 3, 2
"""So many turns of the lips within that time are speech; it goes on while there are at least the other number."""
TELLS_HZ = 4.5
WATCHED_FIRST_MS = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthState:
    """What is known of one person's mouth."""

    pace: Pace = Pace()
    extreme: float = 0.0
    extreme_ns: int = 0
    """Where the lips were farthest in their present direction, and when."""
    opening: bool | None = None
    turns_ns: tuple[int, ...] = ()
    """When the lips began each quick stroke of late."""
    since_ns: int | None = None
    """Since when the mouth has been watched without a gap."""
    talks: bool | None = None


def step(state: MouthState, mouth_open: float | None, now_ns: int) -> MouthState:
    """One reading of how far the mouth is open; None where it could not be seen."""
    before_ns = state.pace.last_ns
    state = replace(state, pace=state.pace.fed(now_ns))
    if mouth_open is None:
        return MouthState(pace=state.pace)
    gap = before_ns is None or not 0 < now_ns - before_ns <= LONGEST_WATCHED_GAP_S * NS_PER_S
    if gap or state.since_ns is None:
        return MouthState(pace=state.pace, extreme=mouth_open, extreme_ns=now_ns, since_ns=now_ns)
    state = _followed(state, mouth_open, now_ns)
    turns_ns = tuple(at_ns for at_ns in state.turns_ns if now_ns - at_ns <= WITHIN_MS * NS_PER_MS)
    talks: bool | None = len(turns_ns) >= (ENDS_BELOW if state.talks else BEGINS_WITH)
    assert state.since_ns is not None
    if not state.pace.at_least(TELLS_HZ) or (not talks and now_ns - state.since_ns < WATCHED_FIRST_MS * NS_PER_MS):
        talks = None
    return replace(state, turns_ns=turns_ns, talks=talks)


def _followed(state: MouthState, mouth_open: float, now_ns: int) -> MouthState:
    """Moves the extreme along, or begins a stroke the other way once the lips have come back far enough."""
    away = mouth_open - state.extreme
    stroke = max(STROKE, STROKE_RATIO * max(mouth_open, state.extreme))
    if state.opening is None:
        if abs(away) < stroke:
            return state
        return replace(state, opening=away > 0, extreme=mouth_open, extreme_ns=now_ns)
    if away == 0 or (away > 0) == state.opening:
        return replace(state, extreme=mouth_open, extreme_ns=now_ns)
    if abs(away) < stroke:
        return state
    quick = now_ns - state.extreme_ns <= LONGEST_STROKE_MS * NS_PER_MS
    turns_ns = (*state.turns_ns, now_ns) if quick else state.turns_ns
    return replace(state, opening=not state.opening, extreme=mouth_open, extreme_ns=now_ns, turns_ns=turns_ns)
