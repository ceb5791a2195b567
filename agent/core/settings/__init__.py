"""One validated tree of settings, from a TOML file and the environment; unknown keys are refused."""

from typing import Self

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as SourceError

from agent.core.errors import SettingsError
from agent.core.settings.identity import IdentitySettings, OidcSettings, ProgramKey
from agent.core.settings.limits import LimitSettings
from agent.core.settings.privacy import PrivacySettings
from agent.core.settings.replies import (
    LlmSettings,
    McpSettings,
    OpenApiSettings,
    ReplySettings,
    TranslationSettings,
    VoiceSettings,
)
from agent.core.settings.retention import RetentionSettings
from agent.core.settings.section import Section
from agent.core.settings.senses import REPOSITORY, HearingSettings, ModelSettings, PerceptionSettings, VisionSettings
from agent.core.settings.server import ApiSettings, MediaSettings, ServerSettings, TelemetrySettings
from agent.core.settings.storage import StorageSettings
from agent.core.settings.supervision import SupervisionSettings

__all__ = [
    "REPOSITORY",
    "ApiSettings",
    "HearingSettings",
    "IdentitySettings",
    "LimitSettings",
    "LlmSettings",
    "McpSettings",
    "MediaSettings",
    "ModelSettings",
    "OidcSettings",
    "OpenApiSettings",
    "PerceptionSettings",
    "PrivacySettings",
    "ProgramKey",
    "ReplySettings",
    "RetentionSettings",
    "ServerSettings",
    "Settings",
    "StorageSettings",
    "SupervisionSettings",
    "TelemetrySettings",
    "TranslationSettings",
    "VisionSettings",
    "VoiceSettings",
    "load_settings",
]


class Settings(BaseSettings):
    """Everything that can be set. Environment variables look like `AGENT_SERVER__PORT=9000` and win over agent.toml."""

    model_config = SettingsConfigDict(
        env_prefix="AGENT_", env_nested_delimiter="__", toml_file="agent.toml", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    identity: IdentitySettings = IdentitySettings()
    limits: LimitSettings = LimitSettings()
    media: MediaSettings = MediaSettings()
    models: ModelSettings = ModelSettings()
    vision: VisionSettings = VisionSettings()
    perception: PerceptionSettings = PerceptionSettings()
    hearing: HearingSettings = HearingSettings()
    voice: VoiceSettings = VoiceSettings()
    reply: ReplySettings = ReplySettings()
    translation: TranslationSettings = TranslationSettings()
    privacy: PrivacySettings = PrivacySettings()
    storage: StorageSettings = StorageSettings()
    retention: RetentionSettings = RetentionSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    api: ApiSettings = ApiSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @model_validator(mode="after")
    def _nothing_can_feel(self) -> Self:
        """Without emotion its models are not even loaded, whoever opens models with these settings."""
        if not self.privacy.emotion:
            # The tree is frozen once it is made, and this is a part of making it.
            self.__dict__.update(self._unfeeling())
        return self

    def without_emotion(self) -> Self:
        """These settings with `privacy.emotion = false` and what follows from it."""
        privacy = self.privacy.model_copy(update={"emotion": False})
        return self.model_copy(update={"privacy": privacy, **self._unfeeling()})

    def _unfeeling(self) -> dict[str, Section]:
        """The sections that load models, without those of emotion."""
        return {
            "vision": self.vision.model_copy(update={"max_faces": 0}),
            "hearing": self.hearing.model_copy(update={"emotion": False}),
        }

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
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsError(f"settings are not valid: {faults}. Look in agent.toml and at AGENT_… variables.") from None
    except SourceError as error:
        raise SettingsError(
            f"settings are not valid: {error}; AGENT_… variables hold lists and tables as JSON"
        ) from None
    except (ValueError, RecursionError) as error:
        # Not only TOML that is none: also bytes that are no UTF-8, numbers beyond reading, lists within lists.
        raise SettingsError(f"agent.toml is not valid TOML: {error}") from None
