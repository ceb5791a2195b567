"""Consent is by purpose, versioned, and can be taken back."""

import pytest

from agent.core.consent import CONSENT_VERSION, Choice, Purpose, consent_for
from agent.core.errors import ConsentMissing


def test_saying_no_to_emotion_leaves_the_service_but_no_emotion_purpose() -> None:
    """The second choice on the notice covers speech and signs, and nothing that estimates feelings."""
    consent = consent_for(Choice.WITHOUT_EMOTION, locale="en", given_at=1.0)
    assert consent.purposes == {Purpose.SPEECH, Purpose.GESTURE}
    assert consent.version == CONSENT_VERSION
    with pytest.raises(ConsentMissing, match="did not agree to expression"):
        consent.require(Purpose.EXPRESSION)


def test_agreeing_covers_emotion_in_face_and_voice() -> None:
    """The first choice on the notice is the only one that lets feelings be estimated, from either."""
    assert consent_for(Choice.AGREE, locale="en", given_at=1.0).purposes == set(Purpose) - {Purpose.RECORDING}


@pytest.mark.parametrize("choice", list(Choice))
def test_recording_is_never_part_of_a_choice_on_the_notice(choice: Choice) -> None:
    """Keeping picture and sound needs a consent of its own."""
    assert not consent_for(choice, locale="en", given_at=1.0).allows(Purpose.RECORDING)


def test_what_is_withdrawn_is_gone_and_the_rest_stays() -> None:
    """Taking back one purpose makes a new consent and leaves the old value as it was."""
    before = consent_for(Choice.AGREE, locale="en", given_at=1.0)
    after = before.without(Purpose.EXPRESSION, Purpose.VOICE_EMOTION, Purpose.TEXT_EMOTION)
    assert before.allows(Purpose.EXPRESSION)
    assert after.purposes == {Purpose.SPEECH, Purpose.GESTURE}
