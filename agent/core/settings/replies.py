"""Settings of what is answered, by whom, in which language and with which voice."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator, model_validator

from agent.core.addresses import is_loopback
from agent.core.settings.section import KeyedSection, Section

FLOWS_ANSWER_MS = 1_000
"""What flows get of the time for an answer where a language model was asked first."""


class VoiceSettings(Section):
    backend: Literal["piper", "openai"] = "piper"
    """Who speaks: our own voice, English only, or any endpoint of OpenAI's form, with ours in reserve."""
    url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Base of the endpoint, such as `http://127.0.0.1:8880/v1`; what is said is sent to `{url}/audio/speech`."""
    key: SecretStr | None = None
    """Shown to the endpoint as a bearer token; best set as `AGENT_VOICE__KEY`."""
    model: str = "tts-1"
    name: str = "alloy"
    """One of the endpoint's voices."""
    format: Literal["wav", "pcm"] = "wav"
    """What the endpoint is asked to send; `pcm`, 16-bit mono at 24 kHz unless its content type says otherwise, is heard
    while it still comes."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes that the endpoint speaks; all of them when empty."""
    answer_within_s: float = Field(3.0, gt=0)
    """A clause that has not come whole after this long is spoken by our own voice; with `pcm`, one that falls this far
    behind what is heard of it."""
    rate: float = Field(1.0, ge=0.5, le=2.0)
    """Speaking rate; 2 is twice as fast."""
    level_db: float = Field(-20.0, le=0)
    """Loudness of speech, root mean square relative to full scale."""

    @model_validator(mode="after")
    def _endpoint_is_named(self) -> Self:
        if self.backend == "openai" and self.url is None:
            raise ValueError("backend is openai, so url must name the endpoint, such as http://127.0.0.1:8880/v1")
        return self


class LlmSettings(KeyedSection):
    """A language model that words answers in the embedded engine; docs/llm.md."""

    url: str = Field(pattern=r"^https?://\S+$")
    """Base of an endpoint of OpenAI's form, such as `http://127.0.0.1:8000/v1`; asked at `{url}/chat/completions`."""
    model: str
    answer_within_s: float = Field(2.5, gt=0)
    """Where the first sentence, or the next, takes longer, the flows answer instead."""
    max_tokens: int = Field(300, ge=16)
    temperature: float = Field(0.2, ge=0, le=2)
    functions: bool = True
    """False for a model that cannot call functions: it then talks, and looks nothing up."""
    sees_pictures: bool = False
    """True for a model that takes pictures in OpenAI's form: those that customers send are shown to it, small, once."""


class OpenApiSettings(KeyedSection):
    """Operations of a business system that a pack's flows use as tools; docs/outside-tools.md."""

    document: str
    """Its OpenAPI 3 description: an http or https address, or a file, as JSON or YAML."""
    url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Base of its operations; the description's first server when absent."""
    hosts: tuple[str, ...]
    """The only hosts that are ever called, as `erp.example` or `127.0.0.1:9000`, whatever the description says."""
    tools: dict[str, str]
    """By the name of a tool in flows.yaml, the `operationId` behind it."""
    reads: tuple[str, ...] = ()
    """Those of these tools that only look something up though their method is not GET."""
    answer_within_s: float = Field(2.5, gt=0)


class McpSettings(KeyedSection):
    """Tools of an MCP server that a pack's flows use; needs `uv sync --extra mcp`; docs/outside-tools.md."""

    url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Of a server that speaks streamable HTTP."""
    command: tuple[str, ...] = ()
    """Starts a server that speaks over its standard input and output, instead of `url`."""
    env: dict[str, SecretStr] = {}
    """Variables for that command beside a few harmless ones such as PATH; it gets none of the agent's own."""
    tools: dict[str, str]
    """By the name of a tool in flows.yaml, the server's tool behind it."""
    answer_within_s: float = Field(2.5, gt=0)

    @model_validator(mode="after")
    def _server_is_named_once(self) -> Self:
        if (self.url is None) == (not self.command):
            raise ValueError("an MCP server is named by url or by command, and not by both")
        return self


class ReplySettings(KeyedSection):
    """The engine and the agent show and ask for the same `key`; the embedded engine makes one up at each start."""

    url: str | None = None
    """WebSocket address of a reply engine; the embedded one when absent. On another machine it begins with wss://."""
    unencrypted: bool = False
    """Lets `url` be a ws:// address of another machine: for a network that nobody else is on, such as one of
    containers."""
    domain: str = "shop"
    """Domain pack: what the embedded engine can talk about, and which intents are heard."""
    examples: Path | None = None
    """Lines of your customers that are examples of the domain's intents, in English, as `agent intents` writes them.
    With such a file the agent learns its intents anew when it starts, once."""
    database: Path = Field(default_factory=lambda given: Path(f"{given['domain'].rpartition('.')[2]}.sqlite3"))
    """The embedded engine's business database, named after the domain unless set; created and seeded when absent."""
    time_zone: str | None = None
    """Where the business is, such as "America/New_York"; days and times are those there. The machine's if absent."""
    facts: dict[str, str] = {}
    """What the pack's lines name in place of what its flows.yaml gives, such as `emergency_number`."""
    answer_within_ms: int = Field(4_000, ge=100)
    """After this long without an answer the agent says a plain sentence and offers a person."""
    llm: LlmSettings | None = None
    """A language model that words answers; without one, flows and help pages answer alone."""
    openapi: tuple[OpenApiSettings, ...] = ()
    mcp: tuple[McpSettings, ...] = ()

    @property
    def shows_pictures(self) -> bool:
        """Whether the embedded engine has a language model that sees pictures."""
        return self.url is None and self.llm is not None and self.llm.sees_pictures

    @model_validator(mode="after")
    def _flows_have_time_left(self) -> Self:
        if self.llm is not None and self.llm.answer_within_s * 1_000 + FLOWS_ANSWER_MS > self.answer_within_ms:
            raise ValueError(
                f"llm.answer_within_s leaves the flows less than {FLOWS_ANSWER_MS} ms of answer_within_ms to answer in"
            )
        return self

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        parsed = urlsplit(self.url or "")
        if parsed.scheme == "ws" and not is_loopback(parsed.hostname or "") and not self.unencrypted:
            raise ValueError(
                f"url {self.url} would send what customers say in the clear; use wss://, or set unencrypted where the "
                "network is trusted"
            )
        return self

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError(f"there is no time zone {zone!r}; names are like Europe/Zurich")
        return zone


class TranslationSettings(KeyedSection):
    """Words in another language, as supervisors read them and the reply engine gets them; docs/translation.md."""

    backend: Literal["whisper", "openai", "ctranslate2"] | None = None
    """Who translates; nobody when absent. `whisper` hears speech in English; the others translate what was typed and
    what the agent says as well: an endpoint of OpenAI's form, or CTranslate2 models in `path`."""
    language: str = "en"
    """ISO 639-1, of the translations."""
    url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Base of the endpoint, such as `http://127.0.0.1:8000/v1`; asked at `{url}/chat/completions`."""
    model: str = ""
    """Of the endpoint."""
    path: Path | None = None
    """Folder of one CTranslate2 model with its SentencePiece model, or of several, as Argos Translate unpacks them."""
    answer_within_s: float = Field(3.0, gt=0)
    """A translation that has not come after this long is done without."""
    wait_ms: int = Field(0, ge=0)
    """How long the reply engine's question waits for its translation, at most. 0 sends it at once, and the translation
    after it, as always with `whisper`."""

    @model_validator(mode="after")
    def _backend_is_whole(self) -> Self:
        if self.backend == "openai" and not (self.url and self.model):
            raise ValueError("backend is openai, so url and model must name the endpoint and its model")
        if self.backend == "ctranslate2" and self.path is None:
            raise ValueError("backend is ctranslate2, so path must name the folder of its models")
        if self.backend == "whisper" and self.language != "en":
            raise ValueError("backend is whisper, which translates into English only, so language must be en")
        return self
