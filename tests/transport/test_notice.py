"""The notice asks for just what the settings let be asked, says how long what is kept stays, and in which language."""

import string
from typing import get_args

import httpx
import pytest
from pydantic import SecretStr

from agent.core.clock import SystemClock
from agent.core.consent import CONSENT_VERSION, EMOTION, Asked, Choice, Purpose
from agent.core.settings import PrivacySettings, RetentionSettings, ServerSettings, Settings, StorageSettings
from agent.transport.links import JoinLinks
from agent.transport.notice import LANGUAGES, Notice, language_shown, notice_for
from agent.transport.wording.words import KeptClass, Words
from tests.transport.conftest import CUSTOMER_SECRET, ScriptedDesk

EVERYTHING = Asked(emotion=True, replay=True, recording=True, training=True)
OF_TEXTS = (
    "title",
    "opening",
    "with_emotion",
    "without_emotion",
    "analysed_while",
    "analysed_while_recording",
    "free",
    "more",
    "not_recorded",
    "recorded_if_agreed",
    "not_kept",
    "rights",
)


def shown(locale: str = "en", asked: Asked = EVERYTHING, **privacy: str) -> Notice:
    retention = RetentionSettings(tracks_days=5, memory_days=None)
    return notice_for(locale, asked, Settings(privacy=PrivacySettings(**privacy), retention=retention))


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=list(LANGUAGES))
def test_every_language_has_words_for_everything(words: Words) -> None:
    """Each choice, extra, purpose and class of data is named, and placeholders are those that are filled in."""
    assert words.buttons.keys() == {*Choice, "leave"}
    assert words.extras.keys() == EVERYTHING.extras
    assert words.purposes.keys() == set(Purpose)
    assert words.kept.keys() == set(get_args(KeptClass))
    assert all(getattr(words, name) for name in OF_TEXTS)
    for text, field in ((words.days, "days"), (words.controller, "controller"), (words.footer, "version")):
        assert [name for _, name, _, _ in string.Formatter().parse(text) if name] == [field]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_without_emotion_there_are_two_choices_and_no_word_of_its_purposes(locale: str) -> None:
    """Nothing that will not be done is asked for, and the one way on is not named after what is missing."""
    notice = shown(locale, Asked(emotion=False))
    assert [choice.choice for choice in notice.choices] == ["without_emotion", "leave"]
    assert {purpose.purpose for purpose in notice.more.purposes} == {"speech", "gesture"}
    assert notice.extras == ()
    assert notice.choices[0].label != shown(locale).choices[1].label


def test_what_is_kept_stands_there_with_the_days_of_the_settings() -> None:
    """Points of faces only where they are asked for; what has no days goes when the customer says so."""
    days = [kept.how_long for kept in shown().more.kept]
    assert "deleted after 5 days" in days and days[-1] == "deleted when you ask for it"
    extras = {extra.purpose: extra.detail for extra in shown().extras}
    told = {"recording": "after 30 days", "replay": "after 5 days", "training": "after 365 days"}
    assert {purpose: days in extras[purpose] for purpose, days in told.items()} == dict.fromkeys(extras, True)
    assert len(shown(asked=Asked()).more.kept) == len(days) - 2


def test_where_whole_calls_are_archived_their_words_stay_as_long_as_that() -> None:
    """What is told is when the last copy goes; points of faces are never copied."""
    archive = StorageSettings(mongo_url=SecretStr("mongodb://localhost/agent"))
    kept = notice_for("en", EVERYTHING, Settings(storage=archive)).more.kept
    assert [one.how_long for one in kept][:4] == [*["deleted after 365 days"] * 3, "deleted after 7 days"]


@pytest.mark.parametrize(("locale", "never"), [("en", "not recorded"), ("zh", "不会录制")])
def test_that_nothing_is_recorded_is_told_only_where_that_is_so(locale: str, never: str) -> None:
    """Where a customer may agree to a recording it says so in its place, there and in what is kept."""
    told = [" ".join((*one.text, *one.more.text)) for one in (shown(locale, Asked()), shown(locale))]
    assert [never in text for text in told] == [True, False]
    assert shown(locale, Asked()).more.text[0] != shown(locale).more.text[0]
    assert "recording" in {purpose.purpose for purpose in shown(locale).more.purposes}


def test_who_answers_for_the_data_is_named_where_the_operator_says_it() -> None:
    """And nothing is made up where not."""
    named = " ".join(shown(controller="Shop Ltd", contact="privacy@shop.example").more.text)
    assert "Shop Ltd" in named and "privacy@shop.example" in named
    assert "Responsible" not in " ".join(shown().more.text)


@pytest.mark.parametrize(
    ("locale", "language"), [("zh-CN", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("de-AT", "en"), ("", "en")]
)
def test_the_language_that_is_shown_is_the_one_that_is_told(locale: str, language: str) -> None:
    """A language without words is stood in for by English, and the notice says so of itself."""
    assert (language_shown(locale), shown(locale).locale) == (language, language)
    assert shown(locale).version == CONSENT_VERSION


@pytest.mark.parametrize("emotion", [True, False])
async def test_who_comes_by_a_link_reads_what_that_business_lets_be_asked(
    client: httpx.AsyncClient, desk: ScriptedDesk, emotion: bool
) -> None:
    """A business that wants no emotion read is shown none to its customers, and none can be agreed to by its link."""
    settings = Settings(server=ServerSettings(customer_secret=SecretStr(CUSTOMER_SECRET)))
    token, _ = JoinLinks(settings, SystemClock()).make("c-7", locale=None, domain=None, emotion=emotion)
    notice = (await client.get("/api/notice", headers={"Authorization": f"Bearer {token}"})).json()
    assert ("agree" in [choice["choice"] for choice in notice["choices"]]) is emotion
    wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "customer": token}
    assert (await client.post("/api/calls", json=wish)).status_code == 201
    assert [wish.asked for wish in desk.wishes] == [Asked(emotion=emotion)]
    assert bool(desk.wishes[0].asked.purposes & EMOTION) is emotion


async def test_a_yes_to_what_was_not_asked_for_opens_no_call(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """Recording is asked for nowhere, and keeping points only where the operator says so."""
    for purpose in ("recording", "replay", "expression"):
        wish = {"choice": "agree", "consent_version": CONSENT_VERSION, "also": [purpose]}
        answer = await client.post("/api/calls", json=wish)
        assert answer.status_code == 422 and purpose in answer.json()["detail"]
    assert desk.wishes == []
