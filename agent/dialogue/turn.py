"""One step of a conversation under way: what is remembered, what goes out, and in which words and tone."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from agent.core.cards import Card, CardContent, CardRow
from agent.core.clock import NS_PER_S
from agent.dialogue.conversation import Confirmation, Conversation, Speaker, Task
from agent.dialogue.domain import PERSON, Domain, fill
from agent.dialogue.mood import ACKNOWLEDGE_EVERY_S, CALM, NEUTRAL, PERSON_AFTER_S
from agent.dialogue.protocol import Because, FromEngine, Say, Show
from agent.dialogue.situation import CONFUSED, ESCALATING, HELD_S, SLOW
from agent.dialogue.tools import ToolCall
from agent.dialogue.wording import in_words_of

Outgoing = FromEngine | ToolCall

LONGEST_ID = 64
LANGUAGE = "language"
"""Slot in which a business tells the language that a customer wishes to be answered in, ISO 639-1."""
PACE = "pace"
"""Slot of packs whose customers may choose how fast they are spoken to; its values are `PACES`."""
PACES = {"slow": 0.85, "normal": 1.0, "fast": 1.2}
NO_CONTENT = CardContent()
SHORTER = "spoken shorter and more slowly"
ACKNOWLEDGED = f"acknowledged first and {SHORTER}"
EFFECTS = (SHORTER, ACKNOWLEDGED)
"""What the customer's mood, or the situation, does to a reply."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """The words of a reply are chosen here; what the reply is, the policy decides."""

    conversation: Conversation
    domain: Domain
    now_ns: int
    outgoing: list[Outgoing] = field(default_factory=list)

    def become(self, **changes: Any) -> None:
        """Changes fields of the conversation."""
        self.conversation = replace(self.conversation, **changes)

    def learn(self, slots: dict[str, str]) -> None:
        """Remembers slots that the domain knows."""
        named = {name: value for name, value in slots.items() if name in self.domain.flows.slots and value}
        self.become(known=self.conversation.known | named)
        if LANGUAGE in named:
            language = self.domain.language_for(named[LANGUAGE], otherwise=self.conversation.language)
            self.become(language=language)

    def forget(self, slots: tuple[str, ...]) -> None:
        self.become(known={name: value for name, value in self.conversation.known.items() if name not in slots})

    def finish_task(self) -> None:
        """Forgets what belonged to the task alone."""
        slots = self.domain.flows.slots
        self.forget(tuple(name for name, slot in slots.items() if not slot.keep))
        kept = {name: times for name, times in self.conversation.asked.items() if slots[name].whole_call}
        self.become(task=None, asked=kept)

    def call(self, tool: str, *, key: str = "") -> None:
        """Asks a tool, with everything that is known; `key` tells one write from another."""
        arguments = dict(self.conversation.known)
        customer, language = self.conversation.customer, self.conversation.language
        self.outgoing.append(ToolCall(name=tool, customer=customer, arguments=arguments, language=language, key=key))

    def record(self, tool: str, values: dict[str, str]) -> None:
        """Has a tool note what was answered; nothing is said for it."""
        self.outgoing.append(ToolCall(name=tool, customer=self.conversation.customer, arguments=values))

    # ---- speaking ---------------------------------------------------------------------------------------------------

    @property
    def calm(self) -> bool:
        """True while the customer is having a hard time, as far as valid affect and scene signals say so."""
        escalates = self.conversation.situation.is_now(ESCALATING, self.now_ns)
        return escalates or self.conversation.mood.sustained(self.now_ns)

    @property
    def confused(self) -> bool:
        """True while the customer does not follow."""
        return self.conversation.situation.is_now(CONFUSED, self.now_ns)

    @property
    def brief(self) -> bool:
        """True when the shorter wording of a line is the better one."""
        return self.calm or self.confused

    @property
    def may_suggest(self) -> bool:
        """True when something besides what was asked for may be proposed."""
        mood, situation = self.conversation.mood, self.conversation.situation
        return not mood.troubled(self.now_ns) and situation.invites(self.now_ns)

    def words(self, line: str, values: dict[str, str] | None = None) -> str:
        known = self.conversation.known | (values or {})
        return self.domain.words(line, known, calm=self.brief, language=self.conversation.language)

    def say(self, line: str, values: dict[str, str] | None = None) -> Say:
        return self.speak(self.words(line, values))

    def speak(self, text: str) -> Say:
        """Says `text` in the tone that the customer's mood asks for, with the signals that shaped it."""
        because = self.conversation.grounds
        style = NEUTRAL
        if self.calm:
            style = CALM
            effect = SHORTER
            if self._acknowledge():
                text = f"{self.words('acknowledge')} {text}"
                effect = ACKNOWLEDGED
            because = (*because, self._hard_time(effect))
        elif self.confused:
            style = SLOW
            because = (*because, self.conversation.situation.because(SHORTER))
        pace = PACES.get(self.conversation.known.get(PACE, ""), 1.0)
        style = msgspec.structs.replace(style, rate=style.rate * pace)
        number = self.conversation.says + 1
        said = Say(
            id=f"{self.conversation.say_prefix}{number}",
            text=text,
            style=style,
            language=self.conversation.language,
            because=because,
        )
        self.outgoing.append(said)
        self.become(says=number, last_say=said, history=self.conversation.remembering(Speaker.AGENT, text))
        return said

    def _hard_time(self, effect: str) -> Because:
        mood, situation = self.conversation.mood, self.conversation.situation
        return mood.because(self.now_ns, effect) if mood.sustained(self.now_ns) else situation.because(effect)

    def _acknowledge(self) -> bool:
        """True when sympathy is due; counts as given."""
        last_ns = self.conversation.acknowledged_ns
        if last_ns is not None and self.now_ns - last_ns < ACKNOWLEDGE_EVERY_S * NS_PER_S:
            return False
        self.become(acknowledged_ns=self.now_ns)
        return True

    def confirm(self, task: Task, asked: Confirmation, *, again: bool = False) -> None:
        """Asks for the yes without which the tool in `asked` is not called."""
        question = self.words(asked.line, asked.values)
        said = self.speak(f"{self.words('confirm_again')} {question}" if again else question)
        self.become(task=replace(task, asking=None, card=None, confirmation=replace(asked, say_id=said.id, heard=True)))

    def ask(
        self,
        name: str,
        values: dict[str, str] | None = None,
        *,
        instead: str | None = None,
        card: str | None = None,
        counted: bool = True,
    ) -> None:
        """Asks for a slot with its own line or the one given `instead`, unless that was done often enough; `card` is
        one that was shown with the question.
        """
        slot = self.domain.flows.slots[name]
        times = self.conversation.asked.get(name, 0)
        task = self.conversation.task
        if task is None or (counted and times >= slot.attempts):
            self.become(asked=self.conversation.asked | {name: slot.attempts + 1})
            self.offer(PERSON, "cannot_get_slot")
            return
        if card is None and task.asking == name:
            card = task.card
        if card is None and slot.show is not None:
            card = self.show(slot.show, values or {})
        self.become(asked=self.conversation.asked | {name: times + counted}, task=replace(task, asking=name, card=card))
        line = (slot.ask_again if times > 0 else None) or slot.ask or ""
        self.say(instead or line, task.told | (values or {}))

    def used_up(self, name: str) -> bool:
        """True when the slot was asked for, over the whole call, as often as it may be, and no answer was right."""
        slot = self.domain.flows.slots[name]
        return slot.whole_call and self.conversation.asked.get(name, 0) > slot.attempts

    def offer(self, flow: str, line: str) -> None:
        """Lets go of the task and proposes another flow, which a yes begins."""
        self.finish_task()
        self.become(offer=flow)
        self.say(line)

    def offer_person_for_mood(self) -> None:
        """Once a call, to a customer who has been unhappy for long, or whose complaint escalates, and who was not
        offered anything else."""
        conversation = self.conversation
        unhappy = conversation.mood.negative_for_s(self.now_ns) >= PERSON_AFTER_S
        unhappy |= conversation.situation.is_now(ESCALATING, self.now_ns, for_s=HELD_S)
        if unhappy and not conversation.person_offered and conversation.offer is None:
            self.become(person_offered=True, offer=PERSON)
            self.say("offer_person_for_mood")

    def show(
        self,
        card: str,
        values: dict[str, str],
        rows: tuple[tuple[str, str], ...] = (),
        content: CardContent = NO_CONTENT,
    ) -> str:
        """Shows a card of the domain with what a tool has put on it; its id."""
        phrase = partial(self.domain.phrase, language=self.conversation.language)
        pattern = in_words_of(phrase, self.domain.flows.cards[card])
        filled = {name: phrase(value) for name, value in (self.conversation.known | values).items()}
        parts = msgspec.structs.asdict(in_words_of(phrase, content))
        shown = Card(
            **parts | {"text": parts["text"] or fill(pattern.text, filled)},
            id=f"{card} {fill(pattern.about, filled)}".strip()[:LONGEST_ID],
            title=fill(pattern.title, filled),
            rows=tuple(CardRow(label=phrase(label), value=phrase(value)) for label, value in rows),
            form=pattern.form,
            actions=tuple(msgspec.structs.replace(action, say=fill(action.say, filled)) for action in pattern.actions),
        )
        self.outgoing.append(Show(card=shown))
        return shown.id
