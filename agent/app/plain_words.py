"""Sentences that the agent says by itself when its reply engine does not, and reasons in words for people."""

from agent.core.lifecycle import EndReason
from agent.core.settings import ReplySettings
from agent.dialogue.domain import load_domain

NO_ANSWER = "I am sorry, this takes longer than it should. Would you like to speak to a person?"
ENGINE_LOST = "I am sorry, I cannot look things up right now. I can fetch a person for you; please stay on the line."

ENDED = {
    EndReason.CUSTOMER_LEFT: "You ended the call.",
    EndReason.NOT_CONSENTED: "You chose not to start the call.",
    EndReason.CONNECTION_FAILED: "The connection was lost.",
    EndReason.MEDIA_STOPPED: "Nothing was heard or seen for a while, so the call was closed.",
    EndReason.AGENT_FINISHED: "The call is finished. Goodbye.",
    EndReason.SERVER_STOPPED: "The service is closing. Please call again in a moment.",
    EndReason.INTERNAL_ERROR: "Something went wrong on our side. Please call again.",
    EndReason.NEVER_CONNECTED: "The connection could not be made.",
}
"""What the page shows when a call has ended."""


def sentences_of_every_call(reply: ReplySettings) -> tuple[str, ...]:
    """What any customer may hear word for word: our own sentences, and the embedded engine's without placeholders.

    Raises `SettingsError` when the domain pack is wrong.
    """
    lines = load_domain(reply.domain).fixed_lines if reply.url is None else ()
    return (NO_ANSWER, ENGINE_LOST, *lines)
