"""What was measured of a machine is remembered for as long as nothing changes, and is never needed to start."""

from pathlib import Path

import pytest

from agent.app.calibration import PartCosts
from agent.app.rating import rated_capacity, remembered_at
from agent.core.settings import HearingSettings, ServerSettings, Settings
from agent.inference.registry import Registry
from tests.app.test_capacity import COSTS


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def registry() -> Registry:
    return Registry.load(Settings().models.folder)


class Measure:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> PartCosts:
        self.asked += 1
        return COSTS


def test_a_machine_is_measured_once(registry: Registry) -> None:
    """The second start remembers, and `again` renews."""
    measure = Measure()
    first = rated_capacity(Settings(), registry, measure)
    assert rated_capacity(Settings(), registry, measure).parts == first.parts
    assert measure.asked == 1
    rated_capacity(Settings(), registry, measure, again=True)
    assert measure.asked == 2


def test_what_is_remembered_depends_on_what_costs_depend_on(registry: Registry) -> None:
    """Another speech model is measured anew; another limit of calls is not."""
    usual = remembered_at(Settings(), registry)
    assert remembered_at(Settings(hearing=HearingSettings(model="base")), registry) != usual
    assert remembered_at(Settings(server=ServerSettings(max_calls=3)), registry) == usual


def test_a_broken_file_is_as_good_as_none(registry: Registry) -> None:
    """Half a file, or one of another version, is measured anew and replaced."""
    measure = Measure()
    path = remembered_at(Settings(), registry)
    path.parent.mkdir(parents=True)
    path.write_text('{"packet_ms": 0.1')
    rated_capacity(Settings(), registry, measure)
    rated_capacity(Settings(), registry, measure)
    assert measure.asked == 1


def test_a_cache_that_cannot_be_written_stops_nothing(
    registry: Registry, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file lies where the folder should be: the machine is rated all the same, and the log says what is wrong."""
    (cache / "attentive-agent").write_text("in the way")
    assert rated_capacity(Settings(), registry, Measure()).rated_calls >= 1
    assert "measured again" in caplog.text
