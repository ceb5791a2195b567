"""What a customer agreed to, by purpose; a purpose that is not in a `Consent` gets no mailbox and no model."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from agent.core.errors import ConsentMissing

CONSENT_VERSION = "2026-11.7"
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
    REPLAY = "replay"
    """Keeping the points of face and hands that were read, so that staff can look at the call again."""
    RECORDING = "recording"
    """Keeping the customer's picture and sound after the call, as they were sent."""
    TRAINING = "training"
    """Learning from what staff noted about moments of the call."""


EMOTION = frozenset({Purpose.EXPRESSION, Purpose.VOICE_EMOTION, Purpose.TEXT_EMOTION})
"""All from which it is estimated how somebody feels."""


class Choice(StrEnum):
    """The ways in which a customer can enter a call from the notice; the third choice is to leave."""

    AGREE = "agree"
    WITHOUT_EMOTION = "without_emotion"


_SERVICE = frozenset({Purpose.SPEECH, Purpose.GESTURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What customers are asked for on the notice; nothing else can be agreed to."""

    emotion: bool = True
    replay: bool = False
    recording: bool = False
    training: bool = False

    @property
    def choices(self) -> tuple[Choice, ...]:
        """That the notice offers, besides leaving."""
        return (Choice.AGREE, Choice.WITHOUT_EMOTION) if self.emotion else (Choice.WITHOUT_EMOTION,)

    @property
    def extras(self) -> frozenset[Purpose]:
        """What is asked for apart, in no choice, and off until a customer says yes to it."""
        asked = {Purpose.REPLAY: self.replay, Purpose.RECORDING: self.recording, Purpose.TRAINING: self.training}
        return frozenset(purpose for purpose, is_asked in asked.items() if is_asked)

    @property
    def purposes(self) -> frozenset[Purpose]:
        return _SERVICE | self.extras | (EMOTION if self.emotion else frozenset())


USUALLY_ASKED = Asked()


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's agreement at one time, in the wording of one version and language."""

    version: str
    locale: str
    """Of the call, such as "zh-CN"."""
    language: str = "en"
    """ISO 639-1, of the notice that was shown; another than the call's where there is none in that."""
    given_at: float
    """Unix time in seconds."""
    purposes: frozenset[Purpose]
    asked: frozenset[Purpose] = frozenset()
    """All that the notice asked for: what is not among them cannot be agreed to later in the call either."""

    def allows(self, purpose: Purpose) -> bool:
        return purpose in self.purposes

    def require(self, purpose: Purpose) -> None:
        """Raises `ConsentMissing` unless the customer agreed to `purpose`."""
        if purpose not in self.purposes:
            raise ConsentMissing(f"the customer did not agree to {purpose.value}; ask before using it")

    def without(self, *withdrawn: Purpose) -> "Consent":
        """The consent that is left when some purposes are taken back."""
        return msgspec.structs.replace(self, purposes=self.purposes - frozenset(withdrawn))

    def again(self, purposes: Collection[Purpose], given_at: float) -> "Consent":
        """The consent once `purposes` are agreed to, too, as far as the notice asked for them."""
        agreed = self.asked.intersection(purposes)
        return msgspec.structs.replace(self, purposes=self.purposes | agreed, given_at=given_at)


def consent_for(
    choice: Choice,
    *,
    locale: str,
    given_at: float,
    language: str = "en",
    asked: Asked = USUALLY_ASKED,
    extras: Collection[Purpose] = (),
) -> Consent:
    """What a choice on the current notice stands for, with those of `extras` that were said yes to.

    It never covers more than was `asked`: where emotion is not, both choices are the same. Raises `ConsentMissing` for
    an extra that was not.
    """
    for extra in extras:
        if extra not in asked.extras:
            raise ConsentMissing(f"customers are not asked for {extra.value} here, so nobody can agree to it")
    chosen = _SERVICE | EMOTION if choice is Choice.AGREE else _SERVICE
    return Consent(
        version=CONSENT_VERSION,
        locale=locale,
        language=language,
        given_at=given_at,
        purposes=(chosen & asked.purposes) | frozenset(extras),
        asked=asked.purposes,
    )
