"""Answers from help pages within a conversation: what is not done by a flow may still be explained."""

from agent.core.cards import Card
from agent.core.sentences import tell
from agent.dialogue import flows
from agent.dialogue.conversation import Search
from agent.dialogue.faq import FAQ
from agent.dialogue.help_pages import ANSWERED
from agent.dialogue.protocol import Because, Intent, Show
from agent.dialogue.tools import ToolCall, ToolResult
from agent.dialogue.turn import LONGEST_ID, Turn

AT_LEAST_PROB = 0.5
"""An article that answers less probably than this is no answer to words that no intent was found in."""
ASKED_AT_LEAST_PROB = 0.35
"""The same where the words are most probably a question for the help pages."""


def search(turn: Turn, text: str, intent: Intent | None) -> None:
    """Asks the help pages for an answer to `text`, which led to no flow; `take` goes on from there."""
    asked = intent is not None and intent.label == FAQ and not intent.out_of_scope
    at_least = ASKED_AT_LEAST_PROB if asked else AT_LEAST_PROB
    arguments = {"question": text, "at_least_prob": str(at_least)}
    conversation = turn.conversation
    turn.become(search=Search(intent=intent))
    turn.outgoing.append(
        ToolCall(name=FAQ, customer=conversation.customer, arguments=arguments, language=conversation.language)
    )


def card_of(answer: ToolResult) -> Card:
    """The help page that was found, with its source."""
    title, card = answer.values["title"], answer.card
    return Card(id=f"{FAQ} {title}"[:LONGEST_ID], title=title, text=card.text, source=card.source, groups=card.groups)


def take(turn: Turn, result: ToolResult) -> bool:
    """Gives the answer with its source, and returns to what was under way; False where there is none."""
    turn.become(search=None)
    if result.outcome != ANSWERED:
        return False
    title = result.values["title"]
    words = tell("help_page", title=title, percent=result.values["sure"].removesuffix("%"))
    grounds = (*turn.conversation.grounds, Because.of(FAQ, words))
    turn.become(misses=0, offer=None, grounds=grounds)
    turn.outgoing.append(Show(card=card_of(result)))
    turn.speak(result.values["short"] if turn.brief else result.values["answer"])
    if turn.conversation.task is None:
        turn.offer_person_for_mood()
    else:
        flows.ask_again(turn, counted=False)
    return True
