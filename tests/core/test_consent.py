"""Consent is by purpose, versioned, and can be taken back."""

import pytest

from agent.core.consent import CONSENT_VERSION, EMOTION, Asked, Choice, Purpose, consent_for
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
    agreed = consent_for(Choice.AGREE, locale="en", given_at=1.0)
    assert agreed.purposes == {Purpose.SPEECH, Purpose.GESTURE} | EMOTION


@pytest.mark.parametrize("choice", list(Choice))
@pytest.mark.parametrize("asked", [Asked(), Asked(replay=True, recording=True), Asked(emotion=False, recording=True)])
def test_nothing_is_kept_of_picture_or_sound_by_a_choice_on_the_notice(choice: Choice, asked: Asked) -> None:
    """Points that are kept need a yes of their own, and so does a recording."""
    consent = consent_for(choice, locale="en", given_at=1.0, asked=asked)
    assert not consent.purposes & {Purpose.REPLAY, Purpose.RECORDING}


@pytest.mark.parametrize("purpose", [Purpose.REPLAY, Purpose.RECORDING])
def test_something_is_kept_only_where_the_notice_asks_for_it(purpose: Purpose) -> None:
    """A yes to what was never asked for is refused, then and later in the call; one to what was is part of the
    consent."""
    with pytest.raises(ConsentMissing, match=f"not asked for {purpose.value}"):
        consent_for(Choice.AGREE, locale="en", given_at=1.0, extras=[purpose])
    assert not consent_for(Choice.AGREE, locale="en", given_at=1.0).again([purpose], given_at=2.0).allows(purpose)
    asked = Asked(replay=purpose is Purpose.REPLAY, recording=purpose is Purpose.RECORDING)
    yes = consent_for(Choice.WITHOUT_EMOTION, locale="en", given_at=1.0, asked=asked, extras=[purpose])
    assert yes.purposes == {Purpose.SPEECH, Purpose.GESTURE, purpose}


def test_where_emotion_is_not_asked_for_no_choice_covers_it() -> None:
    """Not even a caller who sends the other choice agrees to it, nor later in the call."""
    asked = Asked(emotion=False)
    assert asked.choices == (Choice.WITHOUT_EMOTION,)
    consent = consent_for(Choice.AGREE, locale="en", given_at=1.0, asked=asked)
    assert not consent.purposes & EMOTION
    assert consent.again(EMOTION, given_at=2.0).purposes == consent.purposes


def test_what_is_agreed_to_again_is_no_more_than_was_asked_for() -> None:
    """It carries the time of the new yes; the first consent stays as it was."""
    first = consent_for(Choice.WITHOUT_EMOTION, locale="zh-CN", given_at=1.0, language="zh")
    second = first.again([Purpose.EXPRESSION, Purpose.REPLAY, Purpose.RECORDING], given_at=2.0)
    assert second.purposes == {Purpose.SPEECH, Purpose.GESTURE, Purpose.EXPRESSION}
    assert (first.given_at, second.given_at, second.language) == (1.0, 2.0, "zh")
    assert not first.allows(Purpose.EXPRESSION)


def test_what_is_withdrawn_is_gone_and_the_rest_stays() -> None:
    """Taking back one purpose makes a new consent and leaves the old value as it was."""
    before = consent_for(Choice.AGREE, locale="en", given_at=1.0)
    after = before.without(Purpose.EXPRESSION, Purpose.VOICE_EMOTION, Purpose.TEXT_EMOTION)
    assert before.allows(Purpose.EXPRESSION)
    assert after.purposes == {Purpose.SPEECH, Purpose.GESTURE}
