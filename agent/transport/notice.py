"""The notice that a customer reads before any analysis; its wording carries the version that consents refer to."""

import msgspec

from agent.core.consent import CONSENT_VERSION, Choice


class NoticeChoice(msgspec.Struct, frozen=True, kw_only=True):
    choice: str
    label: str
    detail: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    locale: str
    title: str
    text: tuple[str, ...]
    choices: tuple[NoticeChoice, ...]


_ENGLISH = Notice(
    version=CONSENT_VERSION,
    locale="en",
    title="Before we talk: you will be speaking with an AI",
    text=(
        "An AI system answers this call, not a person. You can ask for a person at any time.",
        "If you agree, it listens to what you say, reads hand signs such as a thumbs up, sees where you look and "
        "whether you nod, blink or speak, and estimates from your face, the sound of your voice and your words how you "
        "may be feeling, so that it can answer more considerately. Such estimates are often wrong, those from the "
        "voice most of the time. They are never used to decide what you get.",
        "Your voice and picture are analysed while the call lasts and are not recorded. What is said, and what was "
        "read from face, hands, voice and words, is kept as text and numbers, so that your request can be followed up.",
        "You can say no to the analysis of emotion. You get exactly the same service.",
    ),
    choices=(
        NoticeChoice(choice=Choice.AGREE.value, label="Agree and continue", detail="With analysis of emotion"),
        NoticeChoice(
            choice=Choice.WITHOUT_EMOTION.value,
            label="Continue without emotion analysis",
            detail="Your face is not analysed at all, and what you say only for what you ask",
        ),
        NoticeChoice(choice="leave", label="Leave", detail="Nothing has been sent or analysed"),
    ),
)

_NOTICES = {"en": _ENGLISH}


def notice_for(locale: str) -> Notice:
    """The notice in the language of `locale`, or in English where there is none in that language."""
    return _NOTICES.get(locale.split("-")[0].lower(), _ENGLISH)
