"""What flows.yaml and the lines of a domain pack are made of, as they are written there."""

import msgspec

from agent.core.cards import CardAction, CardForm


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of a pack; a key that nobody knows is a mistake and not an extension."""


LONGEST_ANSWER_WORDS = 6
"""More words than this are no answer to a question for a name."""


class Slot(_Part, frozen=True, kw_only=True):
    """Something that a flow must know before it can act."""

    ask: str | None = None
    """Line that asks for it; absent for what is never asked for."""
    ask_again: str | None = None
    """Line that asks once more, after an answer that was not understood; the same one when absent."""
    from_words: bool = False
    """True when any words that answer the question are the value, e.g. a name."""
    longest_words: int = LONGEST_ANSWER_WORDS
    """More words than this are no such answer: a name is short, an address is longer."""
    attempts: int = 3
    """How often it is asked for before a person is offered."""
    whole_call: bool = False
    """True when attempts are counted over the whole call: what proves who somebody is cannot be guessed for ever."""
    accepts: tuple[str, ...] = ()
    """Other values found in the answer that will do, e.g. any amount of money where an income was asked for."""
    yes_means: str | None = None
    """Value that a plain yes stands for."""
    no_means: str | None = None
    """Value that a plain no stands for, e.g. 0 for other loans; without it a no lets go of the request."""
    keep: bool = False
    """True when the value still holds for the customer's next request."""
    alone: str | None = None
    """Flow that begins when a customer names it and nothing else."""
    show: str | None = None
    """Card that is shown while it is asked for, e.g. with a form to fill in."""

    @property
    def free_text(self) -> bool:
        """True where whole sentences are the value, whatever else they name."""
        return self.from_words and self.longest_words > LONGEST_ANSWER_WORDS


class Outcome(_Part, frozen=True, kw_only=True):
    """What to say and do once a tool has answered."""

    say: str | None = None
    forget: tuple[str, ...] = ()
    """Slots that turned out to be of no use."""
    settle: tuple[str, ...] = ()
    """Slots whose values the tool has found out: they are known from here on, after the request's end until the next
    begins, and longer where that one `carries` them or the slot is kept."""
    ask: str | None = None
    """Slot to ask for next; the flow goes on with the answer."""
    confirm: str | None = None
    """Line that asks for a yes, without which `do` is not called."""
    do: str | None = None
    """Tool that writes, once confirmed."""
    offer: str | None = None
    """Flow that a yes begins."""
    show: str | None = None
    """Card to show."""
    handoff: str | None = None
    """Why a person is called at once, whatever else follows."""
    urgent: bool = False
    """True when that person should hurry."""
    record: str | None = None
    """Tool that notes what was answered, with all that the tool before it has found; nothing is said for it. It needs
    no yes, so it may only write about customers who have agreed to that."""
    suggest: str | None = None
    """Flow that is proposed unasked with the line `suggest_FLOW`, but never to a customer who is having a hard time."""


class Flow(_Part, frozen=True, kw_only=True):
    """How one intent is answered: at once with `say`, or by knowing `needs` and asking the tool `look_up`."""

    means: str
    """The intent as a noun, for supervisors and customers to read: "the question where …"."""
    say: str | None = None
    needs: tuple[str, ...] = ()
    takes: dict[str, tuple[str, ...]] = {}
    """By slot, other values found in the request that fill it, e.g. the amount of a loan from any amount of money."""
    carries: tuple[str, ...] = ()
    """Slots of what was talked about before that it goes on with, e.g. the product that was advised."""
    look_up: str | None = None
    outcomes: dict[str, Outcome] = {}
    handoff: str | None = None
    """Why a person is wanted."""
    aside: bool = False
    """True when the request under way waits for the answer, and then goes on."""
    ends_task: bool = False
    """True when the request under way is dropped; otherwise its question is put again afterwards."""


class CardPattern(_Part, frozen=True, kw_only=True):
    """What a card has whatever the tool answers, which adds labels with values and a `core.cards.CardContent`."""

    title: str
    about: str = ""
    """What tells this card from others of its pattern, e.g. "{order_id}"; a later card about the same replaces it."""
    text: str = ""
    form: CardForm | None = None
    """Slots to be filled in; its `say` keeps its placeholders, into which the page puts what was filled in."""
    actions: tuple[CardAction, ...] = ()


class Flows(_Part, frozen=True, kw_only=True):
    """The whole of flows.yaml."""

    min_probability: float
    """Below this an intent is a guess, and the agent asks instead."""
    language_model: bool = True
    """False where no language model may word anything, whatever the settings say."""
    welcome: str | None = None
    """Flow that greets a customer who is signed in, by what the business remembers; everybody else gets a plain one."""
    example_customer: str | None = None
    """Pseudonym of somebody in the seed data, as whom `agent serve` lets those call who try it."""
    flows: dict[str, Flow]
    slots: dict[str, Slot]
    cards: dict[str, CardPattern] = {}
    outcomes: dict[str, Outcome] = {}
    """Outcomes that any flow can meet."""
    at_once: dict[str, str] = {}
    """By what is found in a line, flows that then go before anything else, such as signs of an emergency; so they do,
    with a person who should hurry, when they are what a customer is understood to say."""
    facts: dict[str, str] = {}
    """What lines name and places set for themselves in `reply.facts`, e.g. `emergency_number`, with what holds else."""
    gestures: dict[str, str] = {}
    """What a hand or head sign means: `affirm`, `deny`, or a flow that is proposed with the line `offer_FLOW`."""


class Line(_Part, frozen=True, kw_only=True):
    text: str
    calm: str | None = None
    """Shorter wording for a customer who is having a hard time."""
