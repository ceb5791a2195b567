"""Record of processing (GDPR Art. 30) and impact assessment (Art. 35), filled in from the settings in force."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from agent import __version__
from agent.app.processing import KEPT, KeptClass, recipients
from agent.core.consent import CONSENT_VERSION, Purpose
from agent.core.settings import Settings
from agent.storage.recordings import recordings_folder
from agent.transport.notice import LANGUAGES
from agent.transport.wording.english import ENGLISH

TO_FILL_IN = "**to be filled in**"
_SENSITIVE = {
    Purpose.EXPRESSION: "emotion recognition, EU AI Act Annex III 1(c)",
    Purpose.VOICE_EMOTION: "emotion recognition, EU AI Act Annex III 1(c)",
    Purpose.TEXT_EMOTION: "not from biometric data; treated alike here",
    Purpose.REPLAY: "biometric data where the points identify somebody",
    Purpose.RECORDING: "faces and voices, of whoever is with the customer as well",
}

RISKS = (
    (
        "A customer is judged by a feeling that was read wrongly",
        "emotion is a choice with the same service without it; probabilities are calibrated and `unknown` is an "
        "answer; no flow decides by it, only tone, order and an offer of a person; each reply names its reasons",
        "readings stay often wrong, more so for faces, voices and languages unlike those learnt from: see the cards",
    ),
    (
        "Somebody is analysed who did not agree: another person in the picture, a child, staff",
        "one face is read, others are counted; pictures of staff go to customers only and never to a model; without "
        "consent no model gets a frame",
        "whoever sits closest to the camera is taken for the customer; nobody's age is known",
    ),
    (
        "What was said gets into wrong hands",
        "numbers of cards, accounts, telephones and the like are redacted before anything is written; content is "
        "encrypted with a key a call; who watches or takes data stands in the audit log",
        "names and whatever else is said freely stay in the words; who holds the key file can read the archive",
    ),
    (
        "More is kept, or for longer, than is needed",
        "no sound and no picture is stored without `privacy.recording` and the customer's yes; each class of data has "
        "its days, and a daily job applies them",
        "the days above are this operator's choice",
    ),
    (
        "A customer feels that there is no choice",
        "the notice comes before any device is touched, in the customer's language where there is one; a person can be "
        "asked for at any time; consent can be taken back in the call, within a second",
        "whether the alternative is real depends on who stands by: opening hours, waiting time",
    ),
    (
        "A manipulated customer or page makes the agent act",
        "tools act on the signed-in customer only; what is shown and said is checked; limits an address",
        "see docs/threat-model.md",
    ),
)
"""What could happen, what stands against it, and what remains."""


def processing_record(settings: Settings, today: date) -> str:
    """Markdown."""
    return "\n".join(
        [
            *_head("Record of processing activities (GDPR Art. 30)", settings, today),
            "## Activity",
            "",
            "Customers talk with an AI agent on a browser video call about their orders, accounts or appointments "
            f"(domain pack `{settings.reply.domain}`).",
            "",
            *_purposes(settings),
            *_kept(settings),
            *_recipients(settings),
            *_measures(settings),
        ]
    )


def impact_assessment(settings: Settings, today: date) -> str:
    """Markdown: what the program knows is filled in, and what only the operator can know is marked."""
    return "\n".join(
        [
            *_head("Data protection impact assessment (GDPR Art. 35)", settings, today),
            "A template with what the settings in force say. It is no legal advice, and assesses nothing by itself.",
            "",
            "## Is one needed?",
            "",
            "Yes, as long as emotion is analysed, points of faces are kept or calls are recorded: new technology, data "
            "of a highly personal nature, and a systematic evaluation of people (WP 248, criteria 1, 4 and 8)."
            if settings.privacy.emotion or settings.privacy.replay or settings.privacy.recording
            else "Emotion is switched off, no points are kept and nothing is recorded. Recognizing speech and keeping "
            "transcripts remains: "
            f"{TO_FILL_IN} whether that suffices here (WP 248).",
            "",
            *_purposes(settings),
            *_kept(settings),
            *_recipients(settings),
            "## Necessity and proportionality",
            "",
            *_why_record(settings),
            f"- Why a video call and not a telephone or chat: {TO_FILL_IN}",
            f"- Why emotion is to be analysed, and what customers have of it: {TO_FILL_IN}"
            if settings.privacy.emotion
            else "- Emotion is not analysed: `privacy.emotion = false`.",
            "- What keeps it small: without consent to a purpose its models get no frame, and the service is the same.",
            f"- Who was heard (data protection officer, works council, customers): {TO_FILL_IN}",
            "",
            "## Risks",
            "",
            *_table(
                ("risk", "what stands against it", "what remains", "likely", "severe"),
                ((*risk, TO_FILL_IN, TO_FILL_IN) for risk in RISKS),
            ),
            *_measures(settings),
            "## Decision",
            "",
            f"- Residual risk, and whether the authority is consulted (Art. 36): {TO_FILL_IN}",
            f"- Decided by, on: {TO_FILL_IN}",
            f"- To be looked at again: {TO_FILL_IN}",
            "",
        ]
    )


def _head(title: str, settings: Settings, today: date) -> list[str]:
    privacy = settings.privacy
    return [
        f"# {title}",
        "",
        f"Made on {today.isoformat()} by attentive-agent {__version__} from the settings in force.",
        "",
        f"- Controller: {privacy.controller or f'{TO_FILL_IN} (`privacy.controller`)'}",
        f"- Contact for customers: {privacy.contact or f'{TO_FILL_IN} (`privacy.contact`)'}",
        f"- Data protection officer: {TO_FILL_IN}",
        f"- Processors and where the agent runs: {TO_FILL_IN}",
        "",
    ]


def _purposes(settings: Settings) -> Iterator[str]:
    asked = settings.privacy.asked()
    yield f"## Purposes that customers are asked for (notice {CONSENT_VERSION}, in {', '.join(sorted(LANGUAGES))})"
    yield ""
    rows = (
        (purpose.value, ENGLISH.purposes[purpose], _SENSITIVE.get(purpose, ""))
        for purpose in Purpose
        if purpose in asked.purposes
    )
    yield from _table(("purpose", "what is done", "special"), rows)
    off = [purpose.value for purpose in Purpose if purpose not in asked.purposes]
    yield f"Never asked for with these settings, and so never done: {', '.join(off)}."
    businesses = [key.name or "a business without a name" for key in settings.identity.keys if not key.emotion]
    if businesses:
        yield f"Emotion is not asked for of customers who come by links of: {', '.join(businesses)}."
    yield ""


def _kept(settings: Settings) -> Iterator[str]:
    yield "## What is kept"
    yield ""
    yield f"In the archive at `{_where(settings)}`. {_recorded(settings)}"
    yield ""
    yield from _table(
        ("data", "of whom", "what", "why", "legal basis (proposed)", "kept", "encrypted", "switched off by", "tables"),
        (
            (
                kept.name,
                kept.whose,
                kept.what,
                kept.why,
                kept.basis,
                _how_long(kept, settings),
                "yes" if kept.sealed else "no",
                kept.switched_off_by,
                ", ".join(f"`{table.name}`" for table in kept.tables),
            )
            for kept in KEPT
        ),
    )
    memory = settings.retention.memory_days
    yield from _list(
        [
            f"The domain pack's own database (`reply.database`, `{settings.reply.database}`) holds the business's data "
            f"and, where a customer asked for it, what they want remembered: {_days(memory)}.",
            "While the database takes nothing, rows wait in the spool (`storage.spool`), encrypted as they are kept.",
            "Logs and metrics hold ids, times and counts; no words, faces or emotions.",
        ]
    )


def _recorded(settings: Settings) -> str:
    """What becomes of picture and sound."""
    if not settings.privacy.recording:
        return "Picture and sound are not stored: nothing is recorded (`privacy.recording = false`)."
    folder = recordings_folder(settings.storage)
    return (
        f"Picture and sound are recorded of customers who say yes to that, into files in `{folder}`, each encrypted "
        "with a key of its own, for as long as stands below under recordings; nothing that staff or the agent send is."
    )


def _why_record(settings: Settings) -> Iterator[str]:
    if settings.privacy.recording:
        yield f"- Why picture and sound are recorded, who looks at them, and why words do not suffice: {TO_FILL_IN}"


def _how_long(kept: KeptClass, settings: Settings) -> str:
    if kept.retention is None:
        return kept.until
    return _days(settings.retention.longest(kept.retention, archived=settings.storage.mongo_url is not None))


def _days(days: int | None) -> str:
    return "until erased" if days is None else f"{days} days"


def _recipients(settings: Settings) -> Iterator[str]:
    yield "## Recipients"
    yield ""
    found = recipients(settings)
    if found:
        rows = ((f"`{one.setting}`", one.host, one.gets, TO_FILL_IN) for one in found)
        yield from _table(("setting", "who", "gets", "country, contract (Art. 28, 44)"), rows)
    else:
        yield "Nobody outside of this machine: no setting names one."
        yield ""


def _measures(settings: Settings) -> Iterator[str]:
    server = settings.server
    if server.tls_certificate is not None:
        reached = "pages and interfaces are served encrypted (`server.tls_certificate`)"
    elif server.on_loopback:
        reached = "pages and interfaces are reached from this machine only, or through a proxy on it that must encrypt"
    else:
        reached = "**pages and interfaces are reached unencrypted**: set `server.tls_certificate` and `server.tls_key`"
    yield "## Measures (Art. 32)"
    yield ""
    yield from _list(
        [
            reached,
            "media of calls is encrypted (DTLS-SRTP)",
            "content of the archive is encrypted with AES-256-GCM, a key a call, wrapped by a master key apart from it",
            "numbers of cards, accounts, telephones, identity papers and mail addresses are redacted before writing",
            "customers stand in the archive under pseudonyms, staff signs in, roles are checked at every route",
            f"{len(settings.identity.keys)} programs may show a key (`identity.keys`)",
            "who watches a call, exports or erases stands in an audit log chained by hashes (`agent audit verify`)",
            "`agent export` and `agent erase` answer requests of Art. 15, 17 and 20, with a signed certificate",
        ]
    )


def _where(settings: Settings) -> str:
    """The database without who signs in there, and how."""
    scheme, _, rest = settings.storage.url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _list(items: Iterable[str]) -> Iterator[str]:
    for item in items:
        yield f"- {item}"
    yield ""
