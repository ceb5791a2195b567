"""Sentences that the agent says by itself when its reply engine does not."""

from agent.core.settings import ReplySettings
from agent.dialogue import pictures
from agent.dialogue.domain import load_domain

NO_ANSWER = "I am sorry, this takes longer than it should. Would you like to speak to a person?"
ENGINE_LOST = "I am sorry, I cannot look things up right now. I can fetch a person for you; please stay on the line."
CUT_OFF = "We were cut off for a moment. Please go on."
CUT_OFF_SAYING = "We were cut off for a moment. I was saying:"
CANNOT_SEE = pictures.cannot_see("en")
_IN_CHINESE = {
    NO_ANSWER: "抱歉，这比平时慢。要我请工作人员来吗？",
    ENGINE_LOST: "抱歉，我现在查不了。我可以请工作人员来，请不要挂断。",
    CUT_OFF: "刚才线路断了一下，现在恢复了。请接着说。",
    CUT_OFF_SAYING: "刚才线路断了一下。我刚才说的是：",
    CANNOT_SEE: pictures.cannot_see("zh"),
}


def in_language(sentence: str, language: str) -> tuple[str, str]:
    """One of these sentences as it is said to a customer who speaks `language`, and the language that it is in then."""
    return (_IN_CHINESE[sentence], language) if language == "zh" else (sentence, "en")


def sentences_of_every_call(reply: ReplySettings) -> tuple[str, ...]:
    """What any customer may hear word for word: our own sentences, and the embedded engine's without placeholders.

    Raises `SettingsError` when the domain pack is wrong.
    """
    lines = load_domain(reply.domain, facts=reply.facts).fixed_lines if reply.url is None else ()
    return (NO_ANSWER, ENGINE_LOST, CANNOT_SEE, CUT_OFF, *lines)
