"""The kit names what an engine does wrong, and finds nothing wrong with one that is right."""

import pytest

from agent.core.errors import EngineUnavailable, SettingsError
from agent.dialogue.conformance.kit import check
from agent.dialogue.conformance.rules import RULES
from agent.dialogue.conformance.stage import Stage
from agent.dialogue.conformance.verdict import Finding, Report, Verdict
from tests.dialogue.conformance import engines
from tests.dialogue.conformance.engines import BRIEF, Twist, engine

pytestmark = pytest.mark.timeout(60)


def found(report: Report, rule: str) -> Finding:
    return next(finding for finding in report.findings if finding.rule == rule)


async def test_an_engine_that_is_right_passes() -> None:
    """Nothing is broken; what an echo never does is said to be unseen, and every answer is timed."""
    told: list[Finding] = []
    async with engine() as url:
        report = await check(Stage(url=url, patience=BRIEF), told.append)
    assert report.ok
    assert report.engine == "test"
    assert tuple(told) == report.findings
    unseen = {finding.rule for finding in report.findings if finding.verdict is not Verdict.HOLDS}
    assert unseen == {"handoff", "card", "says_why", "streams"}
    assert len(report.answer_ms) > 10


@pytest.mark.parametrize(
    ("twist", "played", "rule", "words"),
    [
        (engines.late, "words", "words", "answered late, after 1."),
        (engines.never, "words", "words", "never answered, or not within 2 s"),
        (engines.a_megabyte, "words", "words", "answered with a message of more than 65536 bytes"),
        (engines.a_megabyte, "words", "readable", "a message of more than 65536 bytes"),
        (engines.to_another_turn, "words", "words", "answered turn 41, where turn 1 was asked"),
        (engines.to_another_turn, "words", "names_turns", "answered turn 41"),
        (engines.no_json, "words", "words", "malformed JSON"),
        (engines.no_json, "words", "readable", "malformed JSON"),
        (engines.without_text, "words", "words", "missing required field `text`"),
        (engines.hangs_up, "words", "words", "closed the connection with code 1011 instead of answering"),
        (engines.twice_under_one_id, "words", "said_once", "said turn-1 twice"),
        (engines.twice_under_two_ids, "words", "said_once", "answered turn 1 twice with the same words"),
        (engines.makes_things_up, "words", "says_why", "affect 4711, which it was never sent"),
        (engines.never_ends, "words", "streams", "never ended turn-1"),
        (engines.interrupts, "partial", "partial", "before the customer had finished"),
        (engines.interrupts, "likely", "likely", "without `guess`"),
        (engines.guesses_wrong, "likely", "likely", "though the customer went on"),
        (engines.talks_over_people, "taken_over", "taken_over", "while a person had the call"),
        (engines.greets_again, "resumed", "resumed", "though `resumed` was true"),
        (engines.bears_a_grudge, "withdrawn", "withdrawn", "because of affect"),
        (engines.strict, "later_version", "later_version", "closed the connection with code 1003"),
        (engines.strict, "coach", "coach", "closed the connection with code 1003"),
        (engines.gossips, "two_calls", "two_calls", "said in one call what was said in another"),
        (engines.has_the_last_word, "ended", "ended", "after the call had ended"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_what_is_wrong_is_named(twist: Twist, played: str, rule: str, words: str) -> None:
    """Each fault in the call that finds it out: answers that are late, double, missing, huge, for nobody or no JSON,
    and engines that interrupt, guess wrong, forget their manners or mix their callers up."""
    async with engine(twist) as url:
        report = await check(Stage(url=url, patience=BRIEF), only=[played])
    finding = found(report, rule)
    assert (finding.verdict, report.ok) == (Verdict.BROKEN, False)
    assert words in finding.detail


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        (None, "said no hello within 1 s"),
        ('{"type":"hello","protocol":2}', "speaks protocol 2, not 1"),
        ('{"type":"note","text":"hi"}', "sent a message of type note before its hello"),
        ("hello!", "malformed JSON before its hello"),
    ],
    ids=["silence", "version 2", "note", "no JSON"],
)
async def test_without_a_hello_nothing_else_is_tried(hello: str | None, words: str) -> None:
    """An agent would not use such an engine, so the kit says why and stops there."""
    async with engine(hello=hello) as url:
        report = await check(Stage(url=url, patience=BRIEF))
    assert words in found(report, "hello").detail
    assert {finding.verdict for finding in report.findings[1 : len(RULES)]} == {Verdict.UNTRIED}
    assert not report.ok


async def test_advice_does_not_fail_an_engine() -> None:
    """What no agent does to an engine may break it, and is said all the same."""

    async def brittle(talk: engines.Talk, message: engines.Message) -> bool:
        if not isinstance(message, dict) or "text" not in message and message["type"] == "utterance":
            await talk.socket.close(1003)
        return False

    async with engine(brittle) as url:
        report = await check(Stage(url=url, patience=BRIEF), only=["garbage"])
    assert (found(report, "garbage").verdict, report.ok) == (Verdict.BROKEN, True)


async def test_no_engine_and_no_such_rule_are_errors() -> None:
    """Neither is a finding about an engine."""
    async with engine() as url:
        with pytest.raises(SettingsError, match="there is no rule politeness; there are hello,"):
            await check(Stage(url=url, patience=BRIEF), only=["politeness"])
    with pytest.raises(EngineUnavailable, match="no engine can be reached at ws://127"):
        await check(Stage(url=url, patience=BRIEF))
