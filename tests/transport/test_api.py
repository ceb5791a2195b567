"""Consent comes before a call, every answer is hardened, and mistakes are explained."""

import httpx
import pytest

from agent.core.consent import CONSENT_VERSION, Choice
from tests.transport.conftest import ScriptedDesk

WISH = {"choice": "without_emotion", "consent_version": CONSENT_VERSION, "locale": "en"}


async def test_the_notice_names_an_ai_and_three_choices(client: httpx.AsyncClient) -> None:
    """What the customer reads says that an AI answers, what it estimates, and how to say no."""
    notice = (await client.get("/api/notice", params={"locale": "xx"})).json()
    assert [choice["choice"] for choice in notice["choices"]] == ["agree", "without_emotion", "leave"]
    assert notice["version"] == CONSENT_VERSION
    assert "AI" in notice["title"] and "feeling" in " ".join(notice["text"])


async def test_a_choice_gives_a_token_for_one_call(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """The choice reaches the desk as it was made, and the page learns where to offer its media."""
    answer = await client.post("/api/calls", json=WISH)
    assert answer.status_code == 201
    assert answer.json()["whip_url"] == "/whip"
    assert [wish.choice for wish in desk.wishes] == [Choice.WITHOUT_EMOTION]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"consent_version": "2001-01"}, 409),
        ({"choice": "leave"}, 422),
        ({"choice": None}, 422),
        ({"locale": "e" * 99}, 422),
        ({"admin": True}, 422),
        ({"place": "p" * 65}, 422),
    ],
)
async def test_a_choice_that_is_none_makes_no_call(
    client: httpx.AsyncClient, desk: ScriptedDesk, change: dict[str, object], status: int
) -> None:
    """An old notice, another choice or a surplus field is refused with a reason, and no call is opened."""
    answer = await client.post("/api/calls", json=WISH | change)
    assert (answer.status_code, desk.wishes) == (status, [])
    assert answer.json()["detail"]


async def test_a_full_house_gives_a_place_in_line(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """503 carries Retry-After and, as problem details, a place that reaches the desk when it is shown again."""
    desk.full = True
    answer = await client.post("/api/calls", json=WISH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "title": "Service Unavailable",
        "status": 503,
        "detail": "all lines are in use",
        "place": "p1",
        "position": 2,
    }
    await client.post("/api/calls", json=WISH | {"place": answer.json()["place"]})
    assert desk.in_line == [None, "p1"]


async def test_a_place_in_line_can_be_given_up(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """Who goes away says so, and the line moves on."""
    assert (await client.delete("/api/line/p1")).status_code == 204
    assert desk.left == ["p1"]


async def test_health_tells_how_full_the_agent_is(client: httpx.AsyncClient) -> None:
    """What a load balancer needs to choose an agent: what it bears, what is in use, who waits."""
    health = (await client.get("/api/health")).json()
    assert health["ok"] and health["calls"] == 0
    assert health["capacity"] == {"rated": 4, "in_use": 1, "free_share": 0.75, "in_line": 2}
    assert health["archive"] == {"state": "good", "kept_rows": 7, "spooled_bytes": 0, "dropped_rows": 0, "fault": None}


@pytest.mark.parametrize(
    "path", ["/", "/supervisor", "/api/notice", "/api/nothing", "/nothing.js", "/../pyproject.toml"]
)
async def test_every_answer_carries_the_policy(client: httpx.AsyncClient, path: str) -> None:
    """Pages, data and errors alike forbid foreign and inline code; nothing outside the pages is served."""
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe-inline" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hatchling" not in answer.text


async def test_the_api_is_described(client: httpx.AsyncClient) -> None:
    """The OpenAPI document names the routes that a business's backend needs."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/calls", "/api/notice", "/whip", "/whip/{call_id}"} <= set(paths)
