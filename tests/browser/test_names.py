"""Whatever short name the agent may send to staff, their pages have words for it; a compiler sees to both languages."""

import re
from collections.abc import Iterable

import pytest
import yaml

from agent.app.call_story import STAFF_DEEDS
from agent.app.past_calls import MOVES
from agent.core.alerts import AlertKind
from agent.core.budget import Rung
from agent.core.consent import Purpose
from agent.core.frames import FrameOutcome
from agent.core.identity import STAFF
from agent.core.lifecycle import CallState, EndReason, Outcome
from agent.core.settings import REPOSITORY
from agent.core.speech import TEXT_EMOTIONS, VOICE_EMOTIONS
from agent.core.types import EXPRESSIONS, GESTURES, SCENES
from agent.fusion.situation import FEATURES

NAMES = REPOSITORY / "webclient" / "src" / "staff" / "names" / "zh.ts"
DOMAINS = REPOSITORY / "agent" / "dialogue" / "domains"
KIND = re.compile(r"^  (\w+): \{(.*?)\},$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r'(?:"([^"]+)"|(\w+)): "')


def _named() -> dict[str, set[str]]:
    """The names of each kind that pages know."""
    return {
        kind: {quoted or plain for quoted, plain in NAME.findall(body)}
        for kind, body in KIND.findall(NAMES.read_text("utf-8"))
    }


def _of_domains(part: str) -> set[str]:
    files = [*DOMAINS.glob("*/intents.en.yaml"), DOMAINS / "common.en.yaml"]
    return {name for file in files for name in yaml.safe_load(file.read_text("utf-8")).get(part, {})}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("role", STAFF),
        ("state", CallState),
        ("ending", EndReason),
        ("outcome", Outcome),
        ("alert", AlertKind),
        ("purpose", Purpose),
        ("frame", FrameOutcome),
        ("rung", [rung.name.lower() for rung in Rung]),
        ("emotion", {*EXPRESSIONS, *VOICE_EMOTIONS, *TEXT_EMOTIONS}),
        ("gesture", {*GESTURES, *MOVES}),
        ("scene", SCENES),
        ("sign", FEATURES.values()),
        ("deed", STAFF_DEEDS.values()),
        ("domain", [file.parent.name for file in DOMAINS.glob("*/intents.en.yaml")]),
        ("intent", _of_domains("intents")),
        ("slot", _of_domains("slots")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_sent_has_words(kind: str, sent: Iterable[str]) -> None:
    """A name that the agent gained is missing here until the pages have it."""
    names = {str(name) for name in sent}
    assert names
    assert names - _named()[kind] == set()
