"""What the agent does without where only models are wanted that are free for commercial use."""

import logging

from agent.core.errors import ModelWithheld
from agent.core.settings import Settings
from agent.inference.registry import Registry
from agent.synthesis.vits import DECODER, FLOW, TEXT

log = logging.getLogger(__name__)

EMOTION_MODELS = frozenset({"expression", "voice_emotion"})
VOICE_MODELS = frozenset({TEXT, FLOW, DECODER})


def within_licences(settings: Settings) -> Settings:
    """The settings as they can be kept with `models.commercial_only`; without it, as they are. Logs what goes.

    Raises `ModelWithheld` where a model is withheld that nothing works without, and `ModelError` for a manifest that
    cannot be read.
    """
    withheld = Registry.of(settings.models).withheld
    needed = sorted(withheld - EMOTION_MODELS - VOICE_MODELS)
    if needed:
        raise ModelWithheld(
            f"models.commercial_only is set, and nothing works without {', '.join(needed)}: not known to be free for "
            "commercial use. Put others in the manifest, or unset it"
        )
    if withheld & VOICE_MODELS:
        log.warning(
            "models.commercial_only: the agent has no voice of its own; %s speaks",
            "the endpoint of `voice.url`" if settings.voice.backend == "openai" else "the customer's browser",
        )
    if not withheld & EMOTION_MODELS or not settings.privacy.emotion:
        return settings
    log.warning("models.commercial_only: emotion is not analysed, as with `privacy.emotion = false`")
    return settings.without_emotion()
