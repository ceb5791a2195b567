"""What Prometheus gets: who may read it, that sums are right, and that the document names all of it."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import SecretStr

from agent.core.identity import Role
from agent.core.settings import IdentitySettings, ProgramKey, TelemetrySettings
from agent.transport.auth import Doorkeeper
from agent.transport.desk import Occupancy
from agent.transport.keys import ProgramKeys
from agent.transport.metrics import COUNTERS, GAUGES, HISTOGRAMS, Metrics, metrics_router
from tests.transport.conftest import STAFF_KEYS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "observability.md"
TOKEN = "a-token-of-these-tests"
LABELS = {name: label for name, (_, label, *_) in (*COUNTERS.items(), *GAUGES.items(), *HISTOGRAMS.items())}
"""Of every metric but those of the process itself."""


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def _client(metrics: Metrics, settings: TelemetrySettings, *, host: str = "127.0.0.1") -> httpx.AsyncClient:
    app = FastAPI()
    keys = tuple(ProgramKey(role=role, key=SecretStr(key)) for role, key in STAFF_KEYS.items())
    app.state.doorkeeper = Doorkeeper(ProgramKeys(IdentitySettings(keys=keys)))
    app.include_router(metrics_router(metrics, settings))
    transport = httpx.ASGITransport(app, client=(host, 5_000))
    return httpx.AsyncClient(transport=transport, base_url="http://agent.test")


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(metrics, TelemetrySettings()) as client:
        yield client


async def test_what_is_served_is_openmetrics(metrics: Metrics, client: httpx.AsyncClient) -> None:
    """A parser of the format reads all of it, and finds what was observed."""
    metrics.frame(0.018, "sender", [("decode", 0.001), ("fusion", 0.002)])
    metrics.now(states={"speaking": 2}, subscribers=3, in_flight=1)
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    counts = {
        sample.labels["stage"]: sample.value
        for sample in families["agent_frame_stage_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counts == {"decode": 1, "fusion": 1}
    assert [(sample.labels, sample.value) for sample in families["agent_calls"].samples] == [({"state": "speaking"}, 2)]
    assert families["agent_threads"].samples[0].value >= 1


async def test_how_full_the_agent_is_is_asked_when_somebody_looks(metrics: Metrics, client: httpx.AsyncClient) -> None:
    """Rated, reserved and waiting come from the desk, as they are at that moment."""
    metrics.occupancy = lambda: Occupancy(rated=8, in_use=7, free_share=0.1, in_line=3)
    text = (await client.get("/metrics")).text
    assert "agent_calls_rated 8.0" in text
    assert "agent_calls_reserved 7.0" in text
    assert "agent_customers_in_line 3.0" in text


async def test_totals_are_taken_when_somebody_looks(metrics: Metrics, client: httpx.AsyncClient) -> None:
    """Two calls' totals are added up; telling the same total again adds nothing, and a call that ends takes nothing."""
    frames = {"one": 5, "two": 7}

    def refresh() -> None:
        for call, count in frames.items():
            metrics.tally(call, {("agent_frames_received", ""): count})

    metrics.refresh = refresh
    await client.get("/metrics")
    await client.get("/metrics")
    frames["one"] = 9
    metrics.forget("three")
    answer = await client.get("/metrics")
    assert "agent_frames_received_total 16.0" in answer.text
    metrics.forget("one")
    del frames["one"]
    assert "agent_frames_received_total 16.0" in (await client.get("/metrics")).text


async def test_a_state_that_no_call_is_in_any_more_counts_none(metrics: Metrics, client: httpx.AsyncClient) -> None:
    """A gauge does not keep the last call for ever."""
    metrics.now(states={"connected": 1}, subscribers=0, in_flight=0)
    metrics.now(states={}, subscribers=0, in_flight=0)
    assert 'agent_calls{state="connected"} 0.0' in (await client.get("/metrics")).text


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "Via"])
async def test_without_a_token_only_this_machine_may_read(
    metrics: Metrics, client: httpx.AsyncClient, header: str
) -> None:
    """Another machine, and anyone behind a proxy on this one, is refused with what to show."""
    async with _client(metrics, TelemetrySettings(), host="192.0.2.7") as stranger:
        refused = await stranger.get("/metrics")
    proxied = await client.get("/metrics", headers={header: "192.0.2.7"})
    assert (refused.status_code, proxied.status_code) == (401, 401)
    assert "identity.keys" in refused.text


@pytest.mark.parametrize("token", [None, SecretStr(TOKEN)])
async def test_engineers_may_read_from_anywhere(metrics: Metrics, token: SecretStr | None) -> None:
    """An engineer's key opens it with and without a token set; a supervisor's and a business's do not."""
    async with _client(metrics, TelemetrySettings(metrics_token=token), host="192.0.2.7") as client:
        statuses = {
            role: (await client.get("/metrics", headers={"Authorization": f"Bearer {key}"})).status_code
            for role, key in STAFF_KEYS.items()
        }
    assert statuses == {Role.BUSINESS: 403, Role.SUPERVISOR: 403, Role.ENGINEER: 200, Role.ADMIN: 200}


@pytest.mark.parametrize(
    ("shown", "status"), [(f"Bearer {TOKEN}", 200), ("Bearer another-token-altogether", 401), (None, 401)]
)
async def test_with_a_token_whoever_shows_it_may_read(metrics: Metrics, shown: str | None, status: int) -> None:
    """The token counts, not where one comes from: this machine needs it too."""
    settings = TelemetrySettings(metrics_token=SecretStr(TOKEN))
    for host in ("192.0.2.7", "127.0.0.1"):
        async with _client(metrics, settings, host=host) as client:
            answer = await client.get("/metrics", headers={"Authorization": shown} if shown else {})
            assert answer.status_code == status


def test_the_document_lists_exactly_the_metrics_there_are(metrics: Metrics) -> None:
    """Each name with its type and its label; nothing in the document that is not measured."""
    rows = [line.split("|") for line in DOCUMENT.read_text().splitlines() if re.match(r"\| `(agent|process)_", line)]
    described = {
        name: (kind.strip(), label) for _, names, kind, label, *_ in rows for name in re.findall(r"\w+", names)
    }
    there = {family.name: family.type for family in metrics.registry.collect()}
    assert described.keys() == there.keys()
    for name, kind in there.items():
        if name.startswith("agent_"):
            assert described[name][0].split(",")[0] == kind
    for name, label in LABELS.items():
        assert described[name][1].strip("` ") == (label or "")


def test_nothing_about_persons_is_a_label() -> None:
    """No label by which series would grow with calls or customers, or tell what somebody felt."""
    of_counters = {"outcome", "model", "kind", "what", "reason", "direction"}
    assert set(LABELS.values()) - {None} == of_counters | {"state", "rung", "captured_from", "stage", "until"}


async def test_another_process_is_followed_while_it_lives(metrics: Metrics, client: httpx.AsyncClient) -> None:
    """What is told of this process is told of that one under its own name; one that is gone is left out."""
    pids: list[int | None] = [os.getpid()]
    metrics.follow_process("pictures", lambda: pids[0])
    assert "agent_pictures_process_resident_memory_bytes" in (await client.get("/metrics")).text
    pids[0] = None
    assert "agent_pictures_process" not in (await client.get("/metrics")).text
