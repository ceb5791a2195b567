"""What is kept of whom, why and for how long, and who else gets it: what the privacy documents are made from."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Table
from sqlalchemy.engine import make_url

from agent.core.settings import Settings
from agent.storage import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClass:
    """A class of data in the archive. Each table is in exactly one, which a test checks."""

    name: str
    tables: tuple[Table, ...]
    whose: str
    what: str
    why: str
    basis: str
    """In the GDPR, as we see it; the controller decides."""
    retention: str | None
    """Name in `RetentionSettings`; None for what no number of days applies to."""
    until: str = ""
    """When it goes then."""
    switched_off_by: str

    @property
    def sealed(self) -> bool:
        """Whether what people said, showed or felt stands in it, and is encrypted with its call's key."""
        return any(tables.CONTENT.get(table) for table in self.tables)


CUSTOMERS, STAFF = "customers", "staff"
_CONSENT, _EXPLICIT = "consent, Art. 6(1)(a)", "explicit consent, Art. 9(2)(a)"
_CONTRACT, _INTEREST, _DUTY = "contract, Art. 6(1)(b)", "legitimate interest, Art. 6(1)(f)", "duty, Art. 6(1)(c)"

KEPT = (
    KeptClass(
        name="words",
        tables=(tables.utterances, tables.sent),
        whose=CUSTOMERS,
        what="what was said and typed as text, redacted, and what the reply engine was told of it",
        why="to follow up what was asked for, and to explain an answer",
        basis=_CONTRACT,
        retention="transcripts_days",
        switched_off_by="a short `retention.transcripts_days`; nothing keeps them out altogether",
    ),
    KeptClass(
        name="answers",
        tables=(tables.replies, tables.cards),
        whose=CUSTOMERS,
        what="what the agent said and showed, redacted, and which signals shaped it",
        why="to explain an answer",
        basis=_CONTRACT,
        retention="replies_days",
        switched_off_by="a short `retention.replies_days`",
    ),
    KeptClass(
        name="signals",
        tables=(tables.signals, tables.states, tables.summaries),
        whose=CUSTOMERS,
        what="what was perceived, as numbers: one state a kind and second, and events; emotion only where agreed to; "
        "alerts to staff, who saw to them and when they were over; and a summary of the call worked out of them",
        why="to explain an answer, and to find out where the agent is wrong",
        basis=f"{_CONSENT}; for emotion, {_EXPLICIT} as a precaution",
        retention="signals_days",
        switched_off_by="for emotion `privacy.emotion = false` and the customer's no; a short `retention.signals_days`",
    ),
    KeptClass(
        name="landmark tracks",
        tables=(tables.tracks,),
        whose=CUSTOMERS,
        what="points of face and hands over time, no pictures; biometric data where they identify somebody",
        why="so that staff can look at a call again without a recording",
        basis=_EXPLICIT,
        retention="tracks_days",
        switched_off_by="`privacy.replay = false`, which is the default; no yes of the customer",
    ),
    KeptClass(
        name="recordings",
        tables=(tables.recordings,),
        whose=CUSTOMERS,
        what="picture and sound of the customer as they were sent, in encrypted files (`storage.recordings`), and the "
        "key of each; people who are with the customer are in it, too",
        why="so that staff can look at a call again",
        basis=_EXPLICIT,
        retention="recordings_days",
        switched_off_by="`privacy.recording = false`, which is the default; no yes of the customer",
    ),
    KeptClass(
        name="labels",
        tables=(tables.labels,),
        whose=CUSTOMERS,
        what="what staff noted about moments of calls",
        why="to measure and improve how well the agent reads",
        basis=_INTEREST,
        retention="labels_days",
        switched_off_by="not labelling",
    ),
    KeptClass(
        name="surveys",
        tables=(tables.surveys,),
        whose=CUSTOMERS,
        what="what customers answered after a call: a score, whether it was resolved, words of their own, redacted",
        why="to find out whether calls help",
        basis=_CONSENT,
        retention="surveys_days",
        switched_off_by="not answering",
    ),
    KeptClass(
        name="calls",
        tables=(tables.calls,),
        whose=CUSTOMERS,
        what="when a call was, how it ended, its language, under the customer's pseudonym",
        why="to know what all else belongs to",
        basis=_INTEREST,
        retention="calls_days",
        switched_off_by="a short `retention.calls_days`",
    ),
    KeptClass(
        name="consents",
        tables=(tables.consents,),
        whose=CUSTOMERS,
        what="what was agreed to and taken back: purposes, version and language of the notice, time",
        why="to prove the consent, Art. 7(1)",
        basis=_DUTY,
        retention="consents_days",
        switched_off_by="cannot be",
    ),
    KeptClass(
        name="customers",
        tables=(tables.customers,),
        whose=CUSTOMERS,
        what="pseudonym, first and last call, language",
        why="to find a customer's calls when they ask for them",
        basis=_INTEREST,
        retention="customers_days",
        switched_off_by="guests' calls, which have none",
    ),
    KeptClass(
        name="keys of calls",
        tables=(tables.call_keys,),
        whose=CUSTOMERS,
        what="the key that a call's content is encrypted with, itself encrypted; destroying it erases every copy",
        why="protection of what is above, Art. 32",
        basis=_DUTY,
        retention=None,
        until="until nothing is left that it opens",
        switched_off_by="cannot be",
    ),
    KeptClass(
        name="accounts",
        tables=(tables.users,),
        whose=STAFF,
        what="name, role, hash of the password, secret of the second factor",
        why="so that only staff watches calls",
        basis=_INTEREST,
        retention=None,
        until="until it is disabled; its name stays for the audit log",
        switched_off_by="`agent users disable`, or an identity provider of your own",
    ),
    KeptClass(
        name="sessions",
        tables=(tables.sessions,),
        whose=STAFF,
        what="hash of the session's token, and when it was used",
        why="so that staff stays signed in, and can be signed out",
        basis=_INTEREST,
        retention="sessions_days",
        switched_off_by="signing out",
    ),
    KeptClass(
        name="audit log",
        tables=(tables.audit,),
        whose=STAFF,
        what="who did what with customers' data and when, chained by hashes",
        why="to prove who saw or took what, Art. 5(2) and 32",
        basis=_INTEREST,
        retention="audit_days",
        switched_off_by="cannot be",
    ),
    KeptClass(
        name="bookkeeping",
        tables=(tables.writers,),
        whose="nobody",
        what="numbers of batches that processes of the agent have written",
        why="so that nothing is written twice after a crash",
        basis="no personal data",
        retention=None,
        until="as long as the archive",
        switched_off_by="cannot be",
    ),
)
"""Everything in the archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody outside of the agent who gets personal data because a setting says so."""

    setting: str
    host: str
    gets: str


def recipients(settings: Settings) -> tuple[Recipient, ...]:
    """All that the settings in force name, in the order of their sections. Credentials in addresses are left out."""
    reply, mongo = settings.reply, settings.storage.mongo_url
    looked_up = "what flows look up or change"
    named = (
        ("reply.url", reply.url, "what is said, typed and perceived, and who calls, as the business knows them"),
        ("reply.llm.url", reply.llm and reply.llm.url, "what is said and typed, and how the customer seems"),
        *(
            (f"reply.openapi.{place}", tools.url or tools.document, looked_up)
            for place, tools in enumerate(reply.openapi)
        ),
        *((f"reply.mcp.{place}", tools.url, looked_up) for place, tools in enumerate(reply.mcp)),
        ("voice.url", settings.voice.url, "what the agent says"),
        ("translation.url", settings.translation.url, "what is said and typed, to be translated"),
        ("telemetry.otlp_url", settings.telemetry.otlp_url, "times and ids of turns; no words, faces or emotions"),
        *(("server.turn_urls", url, "media of calls, which a relay cannot read") for url in settings.server.turn_urls),
        ("storage.url", _database(settings), "everything that is kept"),
        ("storage.mongo_url", mongo and mongo.get_secret_value(), "whole calls once they have ended, encrypted"),
    )
    return tuple(
        Recipient(setting=setting, host=_host(address), gets=gets) for setting, address, gets in named if address
    )


def _database(settings: Settings) -> str | None:
    """The address of a database on a server; None for a file."""
    return settings.storage.url if make_url(settings.storage.url).host else None


def _host(address: str) -> str:
    """Host and port of an address; the address itself where it names none, such as a file's."""
    if "://" not in address:
        return address.rpartition("@")[2]
    return urlsplit(address).netloc.rpartition("@")[2] or address
