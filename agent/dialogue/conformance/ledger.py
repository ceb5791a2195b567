"""Rules about everything that an engine sent, judged when all calls are over."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from agent.dialogue.codec import Unknown
from agent.dialogue.conformance.line import Arrival, Line
from agent.dialogue.conformance.verdict import Broken, Unseen
from agent.dialogue.protocol import LONGEST_TEXT, Say, SayDelta, SayEnd

Judge = Callable[[list[Line]], str]
"""What was seen, in words. Raises `Broken` or `Unseen`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRule:
    name: str
    title: str
    judge: Judge
    required: bool = True


def _readable(lines: list[Line]) -> str:
    arrivals = [arrival for line in lines for arrival in line.arrivals]
    faults = Counter(arrival.fault for arrival in arrivals if arrival.fault)
    if faults:
        (fault, times), *more = faults.most_common()
        others = f", and {sum(times for _, times in more)} others" if more else ""
        raise Broken(f"sent {fault} ({times} times{others}), of {len(arrivals)} messages")
    return f"{len(arrivals)} of {len(arrivals)} messages"


def _known(lines: list[Line]) -> str:
    unknown = {one.message.type for line in lines for one in line.arrivals if isinstance(one.message, Unknown)}
    if unknown:
        raise Broken(f"sent messages that an agent ignores: {', '.join(sorted(unknown))}")
    return ""


def _said_once(lines: list[Line]) -> str:
    for line in lines:
        ids: set[str] = set()
        told: set[tuple[int, str]] = set()
        for arrival in line.arrivals:
            message = arrival.message
            if not isinstance(message, Say) or message.guess:
                continue
            if message.id in ids:
                raise Broken(f"said {message.id} twice; each reply needs an id of its own")
            asked = message.in_reply_to or arrival.turn
            if asked and (asked, message.text) in told:
                raise Broken(f"answered turn {asked} twice with the same words")
            ids.add(message.id)
            told.add((asked, message.text))
    return ""


def _names_turns(lines: list[Line]) -> str:
    named = 0
    for line in lines:
        for arrival in line.arrivals:
            if isinstance(arrival.message, Say | SayDelta) and (turn := arrival.message.in_reply_to) is not None:
                named += 1
                if not 1 <= turn <= arrival.turn:
                    raise Broken(f"answered turn {turn}, when {arrival.turn} had been asked: nobody hears such a reply")
    if not named:
        raise Unseen("it names no turns, so that a late answer cannot be told from a new one")
    return f"{named} replies name theirs"


def _says_why(lines: list[Line]) -> str:
    reasons = 0
    for line in lines:
        for arrival in line.arrivals:
            if not isinstance(arrival.message, Say | SayEnd):
                continue
            for reason in arrival.message.because:
                reasons += 1
                for seq in reason.seqs:
                    if line.sent_seqs.get(seq) != reason.kind:
                        raise Broken(f"says because of {reason.kind} {seq}, which it was never sent")
    if not reasons:
        raise Unseen("no reply says what shaped it")
    return f"{reasons} reasons given"


def _streams(lines: list[Line]) -> str:
    streamed = 0
    for line in lines:
        streamed += _streams_of(line.arrivals)
    if not streamed:
        raise Unseen("it does not stream")
    return f"{streamed} streamed replies"


def _streams_of(arrivals: list[Arrival]) -> int:
    grown: dict[str, int] = {}
    ended: set[str] = set()
    for arrival in arrivals:
        match arrival.message:
            case SayDelta(id=stream, text=text):
                if stream in ended:
                    raise Broken(f"went on with {stream} after its end")
                grown[stream] = grown.get(stream, 0) + len(text)
                if grown[stream] > LONGEST_TEXT:
                    raise Broken(f"streamed more than {LONGEST_TEXT} characters as {stream}")
            case SayEnd(id=stream):
                if stream not in grown:
                    raise Broken(f"ended {stream}, which had not begun")
                ended.add(stream)
    if open_streams := grown.keys() - ended:
        raise Broken(f"never ended {', '.join(sorted(open_streams))}")
    return len(grown)


LEDGER = (
    LedgerRule(name="readable", title="sends messages that can be read", judge=_readable),
    LedgerRule(name="known", title="sends messages that an agent knows", judge=_known, required=False),
    LedgerRule(name="said_once", title="answers once", judge=_said_once),
    LedgerRule(name="names_turns", title="names the turn that it answers", judge=_names_turns),
    LedgerRule(name="says_why", title="names only signals that it was sent", judge=_says_why),
    LedgerRule(name="streams", title="ends the replies that it streams", judge=_streams),
)
