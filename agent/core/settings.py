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


class LlmSettings(Section):
    """A language model that words answers in the embedded engine; docs/llm.md."""

    url: str = Field(pattern=r"^https?://\S+$")
    """Base of an endpoint of OpenAI's form, such as `http://127.0.0.1:8000/v1`; asked at `{url}/chat/completions`."""
    model: str
    key: SecretStr | None = None
    """Shown to the endpoint as a bearer token; best set as `AGENT_REPLY__LLM__KEY`."""
    key_file: Path | None = None
    """A file that holds the key, instead of `key`."""
    answer_within_s: float = Field(2.5, gt=0)
    """Where the first sentence, or the next, takes longer, the flows answer instead."""
    max_tokens: int = Field(300, ge=16)
    temperature: float = Field(0.2, ge=0, le=2)
    functions: bool = True
    """False for a model that cannot call functions: it then talks, and looks nothing up."""

    @model_validator(mode="after")
    def _key_is_given_once(self) -> Self:
        if self.key is not None and self.key_file is not None:
            raise ValueError("key and key_file are both given; keep one")
        return self

    def bearer(self) -> str | None:
        """The key, if one is set. Raises `SettingsError` when its file cannot be read."""
        if self.key_file is None:
            return None if self.key is None else self.key.get_secret_value()
        try:
            return self.key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"reply.llm.key_file {self.key_file} cannot be read: {fault}") from None


class ReplySettings(Section):
    url: str | None = None
    """WebSocket address of a reply engine; the embedded one when absent."""
    domain: str = "shop"
    """Domain pack: what the embedded engine can talk about, and which intents are heard."""
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
