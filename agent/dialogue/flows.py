"""How a flow runs: what it must know, what it looks up, what it asks a yes for, and what it answers."""

from dataclasses import replace

from agent.dialogue.conversation import Confirmation, Task
from agent.dialogue.domain import PERSON
from agent.dialogue.flow_parts import Flow, Outcome
from agent.dialogue.protocol import Handoff, Note
from agent.dialogue.tools import ToolResult
from agent.dialogue.turn import Turn


def start(turn: Turn, name: str, slots: dict[str, str]) -> None:
    """Begins a flow with the slots that came with its intent."""
    flow = turn.domain.flows.flows[name]
    if flow.look_up is not None:
        under_way = turn.conversation.task
        waiting = under_way and (under_way.interrupted or under_way)
        if flow.aside and waiting is not None and waiting.flow != name:
            turn.forget(flow.needs)
            turn.learn(slots)
            advance(turn, Task(flow=name, interrupted=waiting))
            return
        carried = _carried(turn, flow)
        turn.finish_task()
        turn.become(offer=None)
        turn.learn(carried | slots | taken(flow, slots))
        advance(turn, Task(flow=name))
        return
    if flow.ends_task:
        turn.finish_task()
        turn.become(offer=None)
    if flow.say is not None:
        turn.say(flow.say)
    if flow.handoff is not None:
        urgent = turn.calm or name in turn.domain.flows.at_once.values()
        turn.outgoing.append(Handoff(reason=flow.handoff, urgency="high" if urgent else "normal"))
    ask_again(turn, counted=False)


def _carried(turn: Turn, flow: Flow) -> dict[str, str]:
    """What the flow goes on with, of what is known or stands in the question that is open."""
    task = turn.conversation.task
    asked = task.confirmation.values if task is not None and task.confirmation is not None else {}
    known = turn.conversation.known | asked
    return {slot: known[slot] for slot in flow.carries if slot in known}


def advance(turn: Turn, task: Task) -> None:
    """Asks for the next thing that the flow must know, or looks up."""
    flow = turn.domain.flows.flows[task.flow]
    turn.become(task=task)
    if any(turn.used_up(slot) for slot in flow.needs):
        turn.offer(PERSON, "cannot_get_slot")
        return
    missing = next((slot for slot in flow.needs if slot not in turn.conversation.known), None)
    if missing is not None:
        turn.ask(missing)
    elif flow.look_up is not None:
        turn.call(flow.look_up)


def first_of(kinds: tuple[str, ...], found: dict[str, str]) -> str | None:
    """The value of the first of `kinds` that was found."""
    return next((found[kind] for kind in kinds if kind in found), None)


def taken(flow: Flow, found: dict[str, str]) -> dict[str, str]:
    """The slots of the flow that something else that was found fills."""
    firsts = {slot: first_of(kinds, found) for slot, kinds in flow.takes.items()}
    return {slot: value for slot, value in firsts.items() if value is not None}


def take_result(turn: Turn, result: ToolResult) -> None:
    """Says and does what the flow has for a tool's outcome."""
    task = turn.conversation.task
    if task is None:
        return
    outcome = turn.domain.outcome(task.flow, result.outcome)
    if outcome is None:
        turn.outgoing.append(Note(text=f"Flow {task.flow} knows no outcome {result.outcome}."))
        outcome = turn.domain.flows.outcomes["failed"]
    values = turn.conversation.known | result.values
    settled = {slot: result.values[slot] for slot in outcome.settle if slot in result.values}
    turn.forget(outcome.forget)
    turn.learn(settled)
    task = replace(task, told=result.values)
    turn.become(task=task)
    card = turn.show(outcome.show, values, result.rows, result.card) if outcome.show is not None else None
    if outcome.handoff is not None:
        turn.outgoing.append(Handoff(reason=outcome.handoff, urgency="high" if outcome.urgent else "normal"))
    if outcome.confirm is not None and outcome.do is not None:
        turn.confirm(task, Confirmation(tool=outcome.do, line=outcome.confirm, values=result.values, card=card))
    elif outcome.ask is not None:
        turn.ask(outcome.ask, values, instead=outcome.say, card=card)
    elif task.interrupted is not None:
        turn.forget(turn.domain.flows.flows[task.flow].needs)
        turn.become(task=task.interrupted)
        if outcome.say is not None:
            turn.say(outcome.say, values)
        ask_again(turn, counted=False)
    else:
        turn.finish_task()
        turn.learn(settled)
        turn.become(offer=outcome.offer)
        if outcome.say is not None:
            _conclude(turn, outcome, values)
        turn.offer_person_for_mood()
        if outcome.record is not None:
            turn.record(outcome.record, result.values)


def _conclude(turn: Turn, outcome: Outcome, values: dict[str, str]) -> None:
    """Says the answer, and proposes what may interest the customer besides, unless they are having a hard time."""
    text = turn.words(outcome.say or "", values)
    if outcome.suggest is not None and outcome.offer is None and turn.may_suggest:
        turn.become(offer=outcome.suggest)
        text = f"{text} {turn.words(f'suggest_{outcome.suggest}', values)}"
    turn.speak(text)


def decline(turn: Turn) -> None:
    """A no: to the task under way, to what was offered, or to nothing."""
    line = "nothing_to_deny"
    if turn.conversation.task is not None:
        line = "left_alone"
    elif turn.conversation.offer is not None:
        line = "offer_declined"
    turn.finish_task()
    turn.become(offer=None)
    turn.say(line)


def ask_again(turn: Turn, *, counted: bool = True) -> None:
    """Puts the open question of the task under way once more, if there is one. It does not count as one more attempt
    where the customer has not tried to answer."""
    task = turn.conversation.task
    if task is not None and task.asking is not None:
        turn.ask(task.asking, counted=counted)
    elif task is not None and task.confirmation is not None:
        turn.confirm(task, task.confirmation, again=True)
