"""What a customer agreed to, by purpose; a purpose that is not in a `Consent` gets no mailbox and no model."""

from enum import StrEnum

import msgspec

from agent.core.errors import ConsentMissing

CONSENT_VERSION = "2026-11.4"
"""Version of the notice's wording; a consent to another version is asked for again."""


class Purpose(StrEnum):
    """Something that is done with a customer's picture, voice or words."""

    SPEECH = "speech"
    """Understanding what is said, to answer it. Without it there is no voice call, only chat."""
    GESTURE = "gesture"
    """Reading hand signs."""
    EXPRESSION = "expression"
    """Estimating emotion from the face; where the customer looks, blinks and nods."""
    VOICE_EMOTION = "voice_emotion"
    """Estimating emotion from the sound of the voice."""
    TEXT_EMOTION = "text_emotion"
    """Estimating emotion from what is said or typed."""
    RECORDING = "recording"
    """Keeping picture and sound after the call."""


class Choice(StrEnum):
    """The ways in which a customer can enter a call from the notice; the third choice is to leave."""

    AGREE = "agree"
    WITHOUT_EMOTION = "without_emotion"


PURPOSES_BY_CHOICE = {
    Choice.AGREE: frozenset(
        {Purpose.SPEECH, Purpose.GESTURE, Purpose.EXPRESSION, Purpose.VOICE_EMOTION, Purpose.TEXT_EMOTION}
    ),
    Choice.WITHOUT_EMOTION: frozenset({Purpose.SPEECH, Purpose.GESTURE}),
}


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's agreement at one time, in the wording of one version and language."""

    version: str
    locale: str
    given_at: float
    """Unix time in seconds."""
    purposes: frozenset[Purpose]

    def allows(self, purpose: Purpose) -> bool:
        return purpose in self.purposes

    def require(self, purpose: Purpose) -> None:
        """Raises `ConsentMissing` unless the customer agreed to `purpose`."""
        if purpose not in self.purposes:
            raise ConsentMissing(f"the customer did not agree to {purpose.value}; ask before using it")

    def without(self, *withdrawn: Purpose) -> "Consent":
        """The consent that is left when some purposes are taken back."""
        return msgspec.structs.replace(self, purposes=self.purposes - frozenset(withdrawn))


def consent_for(choice: Choice, *, locale: str, given_at: float) -> Consent:
    """The consent that a choice on the current notice stands for. Recording is never part of it."""
    return Consent(version=CONSENT_VERSION, locale=locale, given_at=given_at, purposes=PURPOSES_BY_CHOICE[choice])
