"""One validated tree of settings, from a TOML file and the environment; unknown keys are refused."""

import re
import tomllib
from pathlib import Path
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from agent.core.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder that holds the package; models_onnx lies beside it, in a checkout as in an installed wheel."""

SHORTEST_KEY = 16
"""Characters of an API key; a shorter one could be guessed."""
FLOWS_ANSWER_MS = 1_000
"""What flows get of the time for an answer where a language model was asked first."""
DIGEST = re.compile("sha256:[0-9a-f]{64}")


class Section(BaseModel):
    """A group of settings that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Section):
    host: str = "127.0.0.1"
    """Only a loopback address is accepted until staff can log in."""
    port: int = Field(8080, ge=0, le=65535)
    public_ice_servers: tuple[str, ...] = ()
    """STUN or TURN URLs handed to the page; none are needed on one machine or one network."""
    max_calls: int | None = Field(None, ge=1)
    """No more calls than this at a time; None leaves it to what the machine is rated for, see `agent capacity`."""
    beyond_rating: bool = False
    """Takes `max_calls` even where the machine is rated for fewer: to find out what happens then."""
    max_body_bytes: int = Field(256 * 1024, ge=4096)
    customer_secret: SecretStr | None = Field(None, min_length=32)
    """Shared with the business's site, which signs who is signed in there. None: everybody is a guest, but for
    the example customer whose address `agent serve` prints."""

    @model_validator(mode="after")
    def _some_limit_stands(self) -> Self:
        if self.beyond_rating and self.max_calls is None:
            raise ValueError("beyond_rating lifts the limit that was measured, so max_calls must set one")
        return self


class MediaSettings(Section):
    silent_after_s: float = Field(15.0, gt=0)
    """A call without any packet for this long has ended."""
    connect_within_s: float = Field(30.0, gt=0)
    """A call whose media does not connect in this time has ended."""
    preferred_fps: int = Field(15, ge=1, le=60)
    """Asked of our own page: a frame that nobody analyses is cheapest not sent."""
    preferred_width_px: int = Field(640, ge=160)


class ModelSettings(Section):
    folder: Path = REPOSITORY / "models_onnx"
    provider: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes CUDA where it really loads."""
    half: bool = False
    """On a GPU, runs models in half precision as far as the manifest says how exact they stay. On the processor
    it changes nothing."""


class VisionSettings(Section):
    threads: int = Field(0, ge=0)
    """Perception threads; 0 stands for one a core, or two where they wait for a GPU."""
    deadline_ms: float = Field(250.0, gt=0)
    """A frame that could not be read this soon after it arrived is skipped, not analysed late."""
    hand_search_hz: float = Field(2.0, gt=0)
    """How often the whole picture is searched for hands while none is followed."""
    max_faces: int = Field(3, ge=1)
    max_hands: int = Field(2, ge=0)


class PerceptionSettings(Section):
    backend: Literal["onnx", "mediapipe"] = "onnx"
    """Who reads the face's mesh: our ONNX models, or MediaPipe's FaceLandmarker, slower but with blendshapes."""
    face_landmarker: Path | None = None
    """Google's face_landmarker.task, which no package carries; the MediaPipe backend needs it."""


class HearingSettings(Section):
    language: str = "en"
    """ISO 639-1, or `auto` to find out from the first words of each call. With `en` a call whose page is in another
    language is heard in that one, if it is understood."""
    model: str | None = None
    """A faster-whisper model by name or folder, instead of those that ship; on a GPU in float16."""
    vocabulary: str | None = None
    """Sentences with the names and numbers that customers say, spelled as they are to be written, in `language`. Where
    the sound leaves words open, those that go with it are taken. The domain pack's own when absent; "" for none."""
    speech_prob: float = Field(0.5, gt=0, lt=1)
    min_silence_ms: int = Field(240, ge=100)
    """Silence after which a turn may end if the end-of-turn model agrees."""
    max_silence_ms: int = Field(1_300, ge=200)
    """Silence after which a turn ends however it is worded and whatever the model says."""

    translates: bool = False
    """Whether what is said in another language is heard in English, too; `translation.backend = "whisper"` sets it."""

    def in_language(self, language: str) -> Self:
        """The same for a call in this language; the vocabulary is known in one only."""
        if language == self.language:
            return self
        return self.model_copy(update={"language": language, "vocabulary": ""})


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


class KeyedSection(Section):
    """Settings of a service that may want a key, shown to it as a bearer token."""

    key: SecretStr | None = None
    """Best set by an environment variable, such as `AGENT_REPLY__LLM__KEY`."""
    key_file: Path | None = None
    """A file that holds the key, instead of `key`."""

    @model_validator(mode="after")
    def _key_is_given_once(self) -> Self:
        if self.key is not None and self.key_file is not None:
            raise ValueError("key and key_file are both given; keep one")
        return self

    def bearer(self) -> dict[str, str]:
        """The header that shows the key, if one is set. Raises `SettingsError` when its file cannot be read."""
        try:
            key = "" if self.key_file is None else self.key_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"key_file {self.key_file} cannot be read: {fault}") from None
        key = key if self.key is None else self.key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}


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
    env: dict[str, str] = {}
    """Variables for that command beside a few harmless ones such as PATH; it gets none of the agent's own."""
    tools: dict[str, str]
    """By the name of a tool in flows.yaml, the server's tool behind it."""
    answer_within_s: float = Field(2.5, gt=0)

    @model_validator(mode="after")
    def _server_is_named_once(self) -> Self:
        if (self.url is None) == (not self.command):
            raise ValueError("an MCP server is named by url or by command, and not by both")
        return self


class ReplySettings(Section):
    url: str | None = None
    """WebSocket address of a reply engine; the embedded one when absent."""
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

    @model_validator(mode="after")
    def _flows_have_time_left(self) -> Self:
        if self.llm is not None and self.llm.answer_within_s * 1_000 + FLOWS_ANSWER_MS > self.answer_within_ms:
            raise ValueError(
                f"llm.answer_within_s leaves the flows less than {FLOWS_ANSWER_MS} ms of answer_within_ms to answer in"
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


class ApiSettings(Section):
    """Speech recognition for other programs, `POST /v1/audio/transcriptions`."""

    keys: tuple[SecretStr, ...] = ()
    """Who shows one of these may ask: the key itself, or `sha256:` and its digest in hex. Without any, nobody may."""
    max_file_bytes: int = Field(25 * 1024 * 1024, ge=4096)
    max_audio_s: float = Field(3_600.0, gt=0)
    max_waiting: int = Field(4, ge=1)
    """Files that may be read or wait at once; more are told to come back."""

    @field_validator("keys")
    @classmethod
    def _keys_can_be_shown(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            text = key.get_secret_value()
            if len(text) < SHORTEST_KEY or (text.startswith("sha256:") and not DIGEST.fullmatch(text)):
                raise ValueError(f"a key has {SHORTEST_KEY} characters or more; a digest is sha256: and 64 hex digits")
        return keys


class TelemetrySettings(Section):
    """What is told about the program itself; docs/observability.md lists it."""

    metrics_token: SecretStr | None = None
    """Who shows it as a bearer token may read `/metrics`, from anywhere; without one, only this machine may."""
    otlp_url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Where traces of turns are sent by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; needs
    `uv sync --extra telemetry`. Nothing is traced when absent."""
    trace_share: float = Field(0.1, ge=0, le=1)
    """Share of the turns that are traced."""

    @field_validator("metrics_token")
    @classmethod
    def _token_cannot_be_guessed(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"a token has {SHORTEST_KEY} characters or more")
        return token


class StorageSettings(Section):
    url: str = "sqlite+aiosqlite:///agent.sqlite3"


class Settings(BaseSettings):
    """Everything that can be set. Environment variables look like `AGENT_SERVER__PORT=9000` and win over agent.toml."""

    model_config = SettingsConfigDict(
        env_prefix="AGENT_", env_nested_delimiter="__", toml_file="agent.toml", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    media: MediaSettings = MediaSettings()
    models: ModelSettings = ModelSettings()
    vision: VisionSettings = VisionSettings()
    perception: PerceptionSettings = PerceptionSettings()
    hearing: HearingSettings = HearingSettings()
    voice: VoiceSettings = VoiceSettings()
    reply: ReplySettings = ReplySettings()
    translation: TranslationSettings = TranslationSettings()
    storage: StorageSettings = StorageSettings()
    api: ApiSettings = ApiSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: object) -> Settings:
    """Settings from `overrides`, then the environment, then agent.toml.

    Raises `SettingsError` naming each key at fault.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"agent.toml is not valid TOML: {error}") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsError(f"settings are not valid: {faults}. Look in agent.toml and at AGENT_… variables.") from None
