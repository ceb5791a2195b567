"""The notice that a customer reads before any analysis; its wording carries the version that consents refer to."""

import msgspec

from agent.core.consent import CONSENT_VERSION, Asked, Choice, Purpose
from agent.core.settings import Settings
from agent.transport.wording.chinese import CHINESE
from agent.transport.wording.english import ENGLISH
from agent.transport.wording.words import KeptClass, Leaving, Words

LANGUAGES = {words.language: words for words in (ENGLISH, CHINESE)}
"""By ISO 639-1; English stands in for any other."""

KEPT_FOR: dict[Purpose, KeptClass] = {
    Purpose.REPLAY: "tracks",
    Purpose.RECORDING: "recordings",
    Purpose.TRAINING: "labels",
}
"""What is kept for a purpose that is asked for apart."""
ONLY_FOR: dict[KeptClass, Purpose] = {"tracks": Purpose.REPLAY, "recordings": Purpose.RECORDING}
"""What is kept for nothing else, and so not spoken of where that is not asked for."""


class NoticeChoice(msgspec.Struct, frozen=True, kw_only=True):
    choice: str
    """A `Choice`, or "leave"."""
    label: str
    detail: str


class NoticeExtra(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say yes to apart from the choice; off unless the customer turns it on."""

    purpose: str
    label: str
    detail: str


class NoticePurpose(msgspec.Struct, frozen=True, kw_only=True):
    purpose: str
    what: str
    """What is done, and what for."""


class KeptData(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    how_long: str


class More(msgspec.Struct, frozen=True, kw_only=True):
    """What is folded away under `title`."""

    title: str
    purposes_title: str
    purposes: tuple[NoticePurpose, ...]
    kept_title: str
    kept: tuple[KeptData, ...]
    text: tuple[str, ...]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    locale: str
    """ISO 639-1 of the language that it is in, whatever was asked for."""
    title: str
    text: tuple[str, ...]
    choose: str
    choices: tuple[NoticeChoice, ...]
    extras: tuple[NoticeExtra, ...]
    more: More
    footer: str


def language_shown(locale: str) -> str:
    """The language in which the notice is shown to a customer whose page is in `locale`."""
    language = locale.partition("-")[0].lower()
    return language if language in LANGUAGES else ENGLISH.language


def notice_for(locale: str, asked: Asked, settings: Settings) -> Notice:
    """The notice in the language of `locale`, or in English where there is none in that language, of just what is
    `asked` for and how long it is kept."""
    words = LANGUAGES[language_shown(locale)]
    emotion = (words.with_emotion,) if asked.emotion else (words.without_emotion,)
    free = (words.free,) if asked.emotion else ()
    analysed_while = words.analysed_while_recording if asked.recording else words.analysed_while
    return Notice(
        version=CONSENT_VERSION,
        locale=words.language,
        title=words.title,
        text=(words.opening, *emotion, analysed_while, *free),
        choose=words.choose,
        choices=_choices(words, asked),
        extras=tuple(
            NoticeExtra(
                purpose=purpose.value,
                label=words.extras[purpose].label,
                detail=words.extras[purpose].detail.format(days=_how_long(words, KEPT_FOR[purpose], settings)),
            )
            for purpose in sorted(asked.extras)
        ),
        more=_more(words, asked, settings),
        footer=words.footer.format(version=CONSENT_VERSION),
    )


def _choices(words: Words, asked: Asked) -> tuple[NoticeChoice, ...]:
    buttons = words.buttons if asked.emotion else {**words.buttons, Choice.WITHOUT_EMOTION: words.only}
    offered: tuple[Choice | Leaving, ...] = (*asked.choices, "leave")
    return tuple(
        NoticeChoice(choice=str(choice), label=buttons[choice].label, detail=buttons[choice].detail)
        for choice in offered
    )


def _more(words: Words, asked: Asked, settings: Settings) -> More:
    privacy = settings.privacy
    who = [] if privacy.controller is None else [words.controller.format(controller=privacy.controller)]
    where = [] if privacy.contact is None else [words.contact.format(contact=privacy.contact)]
    return More(
        title=words.more,
        purposes_title=words.purposes_title,
        purposes=tuple(
            NoticePurpose(purpose=purpose.value, what=what)
            for purpose, what in words.purposes.items()
            if purpose in asked.purposes
        ),
        kept_title=words.kept_title,
        kept=tuple(
            KeptData(what=what, how_long=_how_long(words, name, settings))
            for name, what in words.kept.items()
            if name not in ONLY_FOR or ONLY_FOR[name] in asked.purposes
        ),
        text=(
            words.recorded_if_agreed if asked.recording else words.not_recorded,
            words.not_kept,
            words.rights,
            *who,
            *where,
        ),
    )


def _how_long(words: Words, name: KeptClass, settings: Settings) -> str:
    days = settings.retention.longest(f"{name}_days", archived=settings.storage.mongo_url is not None)
    return words.for_ever if days is None else words.days.format(days=days)
