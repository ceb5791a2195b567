"""Tries all rules on one engine, one after the other."""

from collections.abc import Callable, Collection

from agent.core.errors import EngineUnavailable, SettingsError
from agent.dialogue.conformance.ledger import LEDGER, LedgerRule
from agent.dialogue.conformance.rules import RULES, Rule
from agent.dialogue.conformance.stage import Stage
from agent.dialogue.conformance.verdict import Broken, Finding, Report, Unseen, Verdict
from agent.dialogue.protocol import EngineHello


async def check(
    stage: Stage, tell: Callable[[Finding], None] = lambda finding: None, *, only: Collection[str] = ()
) -> Report:
    """Plays every scripted call to the engine; `tell` gets each finding as it is made. `only` names rules that are
    tried, with those that they build on; all of them when empty.

    Raises `EngineUnavailable` when the engine cannot be reached at the first attempt, and `SettingsError` for a rule
    that does not exist.
    """
    findings: list[Finding] = []
    broken: set[str] = set()
    for rule in _wanted(only):
        finding = await _tried(rule, stage, broken)
        if finding.verdict in (Verdict.BROKEN, Verdict.UNTRIED):
            broken.add(rule.name)
        findings.append(finding)
        tell(finding)
    for judged in LEDGER:
        findings.append(_judged(judged, stage))
        tell(findings[-1])
    hellos = [one.message for line in stage.calls for one in line.arrivals if isinstance(one.message, EngineHello)]
    return Report(
        url=stage.url,
        engine=hellos[0].engine if hellos else "",
        ok=not any(one.required and one.verdict in (Verdict.BROKEN, Verdict.UNTRIED) for one in findings),
        answer_ms=tuple(round(1_000 * took_s, 1) for took_s in stage.answer_s),
        findings=tuple(findings),
    )


def _wanted(only: Collection[str]) -> list[Rule]:
    unknown = set(only) - {rule.name for rule in RULES}
    if unknown:
        names = ", ".join(rule.name for rule in RULES)
        raise SettingsError(f"there is no rule {', '.join(sorted(unknown))}; there are {names}")
    wanted = set(only) or {rule.name for rule in RULES}
    for rule in reversed(RULES):
        if rule.name in wanted:
            wanted.update(rule.needs)
    return [rule for rule in RULES if rule.name in wanted]


async def _tried(rule: Rule, stage: Stage, broken: set[str]) -> Finding:
    missing = [name for name in rule.needs if name in broken]
    if missing:
        return _finding(rule, Verdict.UNTRIED, f"as “{missing[0]}” is broken")
    try:
        return _finding(rule, Verdict.HOLDS, await rule.play(stage))
    except Broken as fault:
        return _finding(rule, Verdict.BROKEN, str(fault))
    except Unseen as lack:
        return _finding(rule, Verdict.UNSEEN, str(lack))
    except EngineUnavailable as fault:
        if not stage.calls:
            raise
        return _finding(rule, Verdict.BROKEN, str(fault))


def _judged(rule: LedgerRule, stage: Stage) -> Finding:
    try:
        return _finding(rule, Verdict.HOLDS, rule.judge(stage.calls))
    except Broken as fault:
        return _finding(rule, Verdict.BROKEN, str(fault))
    except Unseen as lack:
        return _finding(rule, Verdict.UNSEEN, str(lack))


def _finding(rule: Rule | LedgerRule, verdict: Verdict, detail: str) -> Finding:
    return Finding(rule=rule.name, title=rule.title, required=rule.required, verdict=verdict, detail=detail)
