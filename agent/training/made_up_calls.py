"""Makes up calls by rules: which scenes follow each other, and how often each brings which cues, looks and feelings.

The rates are the author's guesses about support calls, varied from call to call; nobody's calls were recorded for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from agent.fusion.cues import OF_GESTURE, Cue
from agent.training.scenes import Feels, Gesture, Happening, Hint, Holder, Looks, Moment, Said, Timeline

CAMERA_OFF = 0.25
UNFELT = 0.35
"""Shares of the calls without a camera, and of the scenes in which affect is silent."""
BUSY_SHARE = 0.75
WORDS_A_SECOND = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one scene goes. Shares are of its time; cues come so often in ten seconds."""

    customer: float
    agent: float
    looks: dict[str, float] = field(default_factory=dict)
    cues: dict[Cue, float] = field(default_factory=dict)
    feels: dict[str, float] = field(default_factory=dict)
    loud: float = 0.03
    worse: float = 0.0
    busy_with: tuple[str, ...] = ()
    """Where this customer looks for most of the scene: at one of these."""
    settles_s: float = 4.0
    """So long after it began nobody could tell it yet, and it is not judged."""


PROFILES = {
    "first_contact": Profile(
        customer=0.35, agent=0.4, cues={Cue.GREETS: 2.2, Cue.ASKS: 0.4}, feels={"happiness": 0.3}, settles_s=2.0
    ),
    "explaining": Profile(customer=0.75, agent=0.08, cues={Cue.TELLS: 0.9, Cue.REQUESTS: 0.4, Cue.NOT_UNDERSTOOD: 0.6}),
    "searching": Profile(
        customer=0.15,
        agent=0.08,
        busy_with=("down", "away", "absent"),
        cues={Cue.LOOKS_FOR: 1.1, Cue.PAUSES: 0.7},
    ),
    "showing": Profile(
        customer=0.4, agent=0.12, looks={"hand_near": 0.6, "down": 0.1}, cues={Cue.SHOWS: 1.5, Cue.POINTS: 0.5}
    ),
    "confused": Profile(
        customer=0.35,
        agent=0.35,
        cues={Cue.LOST: 1.4, Cue.WANTS_REPEAT: 0.5, Cue.ASKS: 0.8, Cue.NOT_UNDERSTOOD: 0.4, Cue.SHAKES_HEAD: 0.2},
        feels={"surprise": 0.4, "neutral": 0.3},
    ),
    "waiting": Profile(customer=0.005, agent=0.01, looks={"away": 0.15}, cues={Cue.PAUSES: 0.1}, settles_s=7.0),
    "anxious": Profile(
        customer=0.45,
        agent=0.25,
        loud=0.1,
        cues={Cue.HURRIES: 1.6, Cue.ASKS: 0.6, Cue.REQUESTS: 0.3, Cue.REQUESTS_AGAIN: 0.1},
        feels={"fear": 0.4, "sadness": 0.2},
        worse=0.1,
    ),
    "escalating": Profile(
        customer=0.55,
        agent=0.2,
        loud=0.35,
        cues={
            Cue.COMPLAINS: 1.6,
            Cue.INTERRUPTS: 0.5,
            Cue.WANTS_PERSON: 0.5,
            Cue.REQUESTS_AGAIN: 0.4,
            Cue.SHAKES_HEAD: 0.3,
            Cue.THUMBS_DOWN: 0.1,
        },
        feels={"anger": 0.5, "disgust": 0.1, "contempt": 0.05},
        worse=0.4,
    ),
    "agreeing": Profile(
        customer=0.2,
        agent=0.5,
        cues={Cue.AGREES: 1.5, Cue.NODS: 1.0, Cue.THUMBS_UP: 0.4},
        feels={"happiness": 0.5, "neutral": 0.3},
    ),
    "leaving": Profile(
        customer=0.35,
        agent=0.3,
        cues={Cue.GOODBYE: 1.5, Cue.THANKS: 1.0, Cue.WAVES: 0.5, Cue.DECLINES: 0.2},
        feels={"happiness": 0.4, "neutral": 0.3},
    ),
    "company": Profile(customer=0.35, agent=0.25, looks={"company": 0.9, "away": 0.3}, cues={Cue.TELLS: 0.2}),
    "none": Profile(
        customer=0.28,
        agent=0.5,
        cues={Cue.REQUESTS: 0.5, Cue.ASKS: 0.5, Cue.AGREES: 0.15, Cue.NOT_UNDERSTOOD: 0.15, Cue.DECLINES: 0.15},
        feels={"neutral": 0.6},
    ),
}
ANYWHERE = {
    **dict.fromkeys(Cue, 0.03),
    Cue.ASKS: 0.4,
    Cue.TELLS: 0.25,
    Cue.AGREES: 0.15,
    Cue.NODS: 0.12,
    Cue.SHOWS: 0.12,
    Cue.THANKS: 0.1,
    Cue.REQUESTS: 0.25,
    Cue.NOT_UNDERSTOOD: 0.6,
    Cue.INTERRUPTS: 0.15,
    Cue.PAUSES: 0.08,
}
"""Cues come in any scene, and phrases are misread."""
LOOKS_ANYWHERE = {"away": 0.1, "down": 0.06, "absent": 0.03, "hand_near": 0.03, "company": 0.01}


def made_up_calls(count: int, seed: int) -> Iterator[Timeline]:
    """Calls of some minutes; the same seed gives the same calls."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _call(rng)


def _call(rng: np.random.Generator) -> Timeline:
    camera = rng.random() >= CAMERA_OFF
    moments: list[Moment] = [] if camera else [Moment(0.0, Looks(None))]
    scenes = []
    at_s, name = 0.0, "first_contact" if rng.random() < 0.4 else _next("first_contact", rng)
    for _ in range(int(rng.integers(4, 8))):
        begins_s, lasts_s = at_s, float(rng.uniform(6, 12) if name == "first_contact" else rng.uniform(9, 26))
        moments += _acted(PROFILES[name], begins_s, lasts_s, camera, rng)
        at_s += lasts_s
        if camera or name not in ("company", "showing"):
            scenes.append((begins_s + PROFILES[name].settles_s, at_s, name))
        name = _next(name, rng)
    moments.sort(key=lambda moment: moment.at_s)
    return Timeline(moments=tuple(moments), seconds=at_s, scenes=tuple(scenes))


def _next(name: str, rng: np.random.Generator) -> str:
    """Another scene but a first contact, most often none of them. A call may begin with any: what is remembered of it
    can begin later than the call."""
    others = tuple(other for other in PROFILES if other not in ("first_contact", name))
    return str(rng.choice(others if name == "none" else (*others, *["none"] * 3)))


def _acted(
    profile: Profile, begins_s: float, lasts_s: float, camera: bool, rng: np.random.Generator
) -> Iterator[Moment]:
    """One scene, as this customer plays it."""
    yield from _voices(profile, begins_s, lasts_s, rng)
    for cue in Cue:
        rate = ANYWHERE[cue] + profile.cues.get(cue, 0.0) * float(rng.uniform(0.5, 1.5))
        for _ in range(int(rng.poisson(rate * lasts_s / 10))):
            yield Moment(begins_s + float(rng.uniform(0, lasts_s)), _sign(cue))
    if profile.cues:
        # What a scene is known by does not wait until its end.
        likeliest = max(profile.cues, key=lambda cue: profile.cues[cue])
        if profile.cues[likeliest] > 1 and rng.random() < 0.8:
            yield Moment(begins_s + float(rng.uniform(0, profile.settles_s)), _sign(likeliest))
    yield Moment(begins_s, _feelings(profile, rng))
    if camera:
        yield from _looks(profile, begins_s, lasts_s, rng)


def _sign(cue: Cue) -> Happening:
    gesture = next((name for name, meant in OF_GESTURE.items() if meant is cue), None)
    return Hint(cue) if gesture is None else Gesture(gesture)


def _voices(profile: Profile, begins_s: float, lasts_s: float, rng: np.random.Generator) -> Iterator[Moment]:
    """Bouts of speech, so long that the shares come out about right."""
    at_s = begins_s
    quiet = max(0.05, 1 - profile.customer - profile.agent)
    shares = np.array([profile.customer, profile.agent, quiet]) * rng.uniform(0.6, 1.4, 3)
    shares /= shares.sum()
    while at_s < begins_s + lasts_s:
        name = str(rng.choice(("customer", "agent", "nobody"), p=shares))
        lasts = min(float(rng.gamma(2.0, 1.6)), begins_s + lasts_s - at_s)
        yield Moment(at_s, Holder(name, loud=bool(rng.random() < profile.loud)))
        at_s += lasts
        if name == "customer":
            yield Moment(at_s - 0.01, _line(round(lasts * WORDS_A_SECOND)))


def _line(words: int) -> Happening:
    """Words that give no cue."""
    return Said(" ".join(["word"] * max(1, words)))


def _feelings(profile: Profile, rng: np.random.Generator) -> Feels:
    if rng.random() < UNFELT:
        return Feels({})
    mixed = {"neutral": 0.4, **profile.feels}
    drawn = {name: float(rng.gamma(1 + 3 * share)) for name, share in mixed.items()}
    total = sum(drawn.values())
    return Feels({name: share / total for name, share in drawn.items()}, worse=bool(rng.random() < profile.worse))


def _looks(profile: Profile, begins_s: float, lasts_s: float, rng: np.random.Generator) -> Iterator[Moment]:
    """Looks that last for seconds."""
    at_s = begins_s
    shares = {name: LOOKS_ANYWHERE[name] + profile.looks.get(name, 0.0) for name in LOOKS_ANYWHERE}
    if profile.busy_with:
        shares[str(rng.choice(profile.busy_with))] = BUSY_SHARE
    while at_s < begins_s + lasts_s:
        there = {name for name, share in shares.items() if rng.random() < share}
        if "absent" in there:
            there = {"absent"}
        yield Moment(at_s, Looks(frozenset(there)))
        at_s += float(rng.gamma(2.0, 1.5))
