"""What the ears expect comes from the settings, or else from the domain that the embedded engine talks about."""

import pytest

from agent.app.server import hearing_settings
from agent.core.settings import HearingSettings, ReplySettings, Settings


@pytest.mark.parametrize(
    ("hearing", "reply", "expected"),
    [
        (HearingSettings(), ReplySettings(), "Northway"),
        (HearingSettings(vocabulary="The bagel."), ReplySettings(), "bagel"),
        (HearingSettings(vocabulary=""), ReplySettings(), None),
        (HearingSettings(language="zh"), ReplySettings(), "订单"),
        (HearingSettings(language="fr"), ReplySettings(), None),
        (HearingSettings(), ReplySettings(url="ws://127.0.0.1:9"), None),
        (HearingSettings(vocabulary="The bagel."), ReplySettings(url="ws://127.0.0.1:9"), "bagel"),
    ],
)
def test_the_vocabulary_is_what_was_set_or_the_domains(
    hearing: HearingSettings, reply: ReplySettings, expected: str | None
) -> None:
    """The pack's own where nothing was set; none for somebody else's engine or a language that it has none in."""
    vocabulary = hearing_settings(Settings(hearing=hearing, reply=reply)).vocabulary or ""
    assert expected in vocabulary if expected is not None else vocabulary == ""
