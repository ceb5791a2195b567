"""Who shows a token of their own gets, or deletes, what is kept of just them; with a receipt, of just their call."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
import pytest

from agent.core.clock import NS_PER_S, FakeClock
from agent.core.consent import CONSENT_VERSION
from agent.core.errors import CallNotFound, StoreError
from agent.core.settings import LimitSettings, Settings
from agent.core.signed_customer import SignedCustomer, sign
from agent.transport.api import build_app
from agent.transport.hub import Hub
from agent.transport.metrics import Metrics
from agent.transport.receipts import CallReceipts
from tests.transport.conftest import CUSTOMER_SECRET, SUPERVISOR, ScriptedDesk, ScriptedScribe

ASKS = 6


@dataclass
class ScriptedOwnData:
    """Notes who asked for what; `fails` stands for a database that is away."""

    receipt_secret: ClassVar[str] = "signs receipts of the tests, and nothing else"
    asked: list[tuple[str, str]] = field(default_factory=list)
    surveys: list[tuple[str, int, bool | None, str]] = field(default_factory=list)
    fails: bool = False
    forgot: bool = False
    """Nothing is kept of any call."""

    async def exported(self, customer: str) -> bytes:
        return self._answer("export", customer)

    async def erased(self, customer: str) -> bytes:
        return self._answer("erase", customer)

    async def call_exported(self, call_id: str) -> bytes:
        return self._of_call("export call", call_id)

    async def call_erased(self, call_id: str) -> bytes:
        return self._of_call("erase call", call_id)

    async def keep_survey(self, call_id: str, *, score: int, resolved: bool | None, text: str) -> None:
        self._of_call("survey", call_id)
        self.surveys.append((call_id, score, resolved, text))

    def _of_call(self, what: str, call_id: str) -> bytes:
        if self.forgot:
            raise CallNotFound("nothing is kept of this call")
        return self._answer(what, call_id)

    def _answer(self, what: str, customer: str) -> bytes:
        if self.fails:
            raise StoreError("a sentence with the database's address")
        self.asked.append((what, customer))
        return b'{"of":"' + customer.encode() + b'"}'


@pytest.fixture
def own_data() -> ScriptedOwnData:
    return ScriptedOwnData()


@pytest.fixture
async def client(
    own_data: ScriptedOwnData, hub: Hub, metrics: Metrics, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    limited = settings.model_copy(update={"limits": LimitSettings(asks_per_minute=ASKS, exempt=())})
    app = build_app(ScriptedDesk(), hub, ScriptedScribe(), metrics, limited, own_data=own_data)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent.test") as client:
        yield client


def shown(customer: str = "dana", *, secret: str = CUSTOMER_SECRET, lasts_s: int = 300) -> dict[str, str]:
    """Headers of a customer with a token of that kind."""
    who = SignedCustomer(customer=customer, expires_at=int(time.time()) + lasts_s, token_id="t1")
    return {"Authorization": f"Bearer {sign(who, secret=secret)}"}


@pytest.mark.parametrize(("method", "did", "name"), [("GET", "export", "my-data"), ("DELETE", "erase", "certificate")])
async def test_customer_gets_at_their_own(
    client: httpx.AsyncClient, own_data: ScriptedOwnData, method: str, did: str, name: str
) -> None:
    """As a file that nothing in between keeps; the token is not used up by it."""
    for _ in range(2):
        answer = await client.request(method, "/api/me", headers=shown())
        assert (answer.status_code, answer.json()) == (200, {"of": "dana"})
    assert own_data.asked == [(did, "dana")] * 2
    assert name in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (dict, 401),
        (lambda: SUPERVISOR, 403),
        (lambda: {"Authorization": "Bearer nonsense"}, 403),
        (lambda: shown(secret="of another business, and as long as ours"), 403),
        (lambda: shown(lasts_s=-3_600), 403),
    ],
    ids=["no token", "a key of staff", "nonsense", "another secret", "too old"],
)
async def test_nobody_else_does(
    client: httpx.AsyncClient,
    own_data: ScriptedOwnData,
    method: str,
    headers: Callable[[], dict[str, str]],
    status: int,
) -> None:
    """Staff and programs go by the command line, where it is asked who they are."""
    answer = await client.request(method, "/api/me", headers=headers())
    assert answer.status_code == status
    assert own_data.asked == []


async def test_what_cannot_be_reached_is_said_without_telling_where(
    client: httpx.AsyncClient, own_data: ScriptedOwnData
) -> None:
    """503 with a time to come back."""
    own_data.fails = True
    answer = await client.delete("/api/me", headers=shown())
    assert (answer.status_code, "address" in answer.text) == (503, False)
    assert int(answer.headers["retry-after"]) > 0


async def test_tokens_cannot_be_tried_out(client: httpx.AsyncClient) -> None:
    """One address may ask so often a minute, with whatever it shows."""
    answers = [await client.get("/api/me", headers={"Authorization": f"Bearer {guess}"}) for guess in range(ASKS + 1)]
    assert [answer.status_code for answer in answers] == [403] * ASKS + [429]


DATA, SURVEY = "/api/calls/c1/data", "/api/calls/c1/survey"
AFTER_CALL = [("GET", DATA, None), ("DELETE", DATA, None), ("POST", SURVEY, {"score": 5})]


async def receipt_of_a_call(client: httpx.AsyncClient) -> dict[str, str]:
    """Headers that show what came with a call that was just opened."""
    wish = {"choice": "without_emotion", "consent_version": CONSENT_VERSION}
    offer = (await client.post("/api/calls", json=wish)).json()
    assert offer["receipt_until"] > time.time() + 3_600
    return {"Authorization": f"Bearer {offer['receipt']}"}


@pytest.mark.parametrize(
    ("method", "did", "name"), [("GET", "export call", "my-call"), ("DELETE", "erase call", "certificate")]
)
async def test_guest_gets_at_their_call(
    client: httpx.AsyncClient, own_data: ScriptedOwnData, method: str, did: str, name: str
) -> None:
    """With the receipt that came with the call; nobody asks who they are."""
    answer = await client.request(method, DATA, headers=await receipt_of_a_call(client))
    assert (answer.status_code, answer.json()) == (200, {"of": "c1"})
    assert own_data.asked == [(did, "c1")]
    assert name in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"score": 1}, (1, None, "")),
        ({"score": 5, "resolved": False, "text": "  <b>slow</b>  "}, (5, False, "<b>slow</b>")),
        ({"score": 3, "resolved": None, "text": "x" * 1_000}, (3, None, "x" * 1_000)),
    ],
)
async def test_survey_is_kept_as_it_was_answered(
    client: httpx.AsyncClient, own_data: ScriptedOwnData, answer: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    """Whether the request was settled may be left open, and words are words, whatever they look like."""
    response = await client.post(SURVEY, json=answer, headers=await receipt_of_a_call(client))
    assert (response.status_code, response.content) == (204, b"")
    assert own_data.surveys == [("c1", *kept)]


@pytest.mark.parametrize(
    "answer",
    [{}, {"score": 0}, {"score": 6}, {"score": 4.5}, {"score": "5"}, {"score": True}]
    + [{"score": 5, "resolved": "maybe"}, {"score": 5, "text": "x" * 1_001}, {"score": 5, "name": "dana"}],
)
async def test_survey_that_is_none_is_refused(
    client: httpx.AsyncClient, own_data: ScriptedOwnData, answer: dict[str, Any]
) -> None:
    """422, and nothing is kept."""
    response = await client.post(SURVEY, json=answer, headers=await receipt_of_a_call(client))
    assert (response.status_code, own_data.surveys) == (422, [])


def receipts(*, secret: str = ScriptedOwnData.receipt_secret, made_s_ago: int = 0) -> CallReceipts:
    clock = FakeClock()
    clock.advance(ms=(time.time_ns() - clock.wall_ns()) // 1_000_000 - made_s_ago * 1_000)
    return CallReceipts(secret, clock, lasts_s=3_600)


@pytest.mark.parametrize(("method", "path", "asks"), AFTER_CALL)
@pytest.mark.parametrize(
    ("token", "status"),
    [
        (lambda: None, 401),
        (lambda: "nonsense", 403),
        (lambda: "good", 403),
        (lambda: receipts().make("c2")[0], 403),
        (lambda: receipts(secret=CUSTOMER_SECRET).make("c1")[0], 403),
        (lambda: receipts(made_s_ago=2 * 3_600).make("c1")[0], 403),
    ],
    ids=["none", "nonsense", "the call's ticket", "of another call", "signed as a link", "run out"],
)
async def test_nobody_else_gets_at_a_call(
    client: httpx.AsyncClient,
    own_data: ScriptedOwnData,
    method: str,
    path: str,
    asks: dict[str, int] | None,
    token: Callable[[], str | None],
    status: int,
) -> None:
    """What opens, or joins, a call is no receipt, and a receipt is for one call and some time."""
    shown_token = token()
    headers = {} if shown_token is None else {"Authorization": f"Bearer {shown_token}"}
    answer = await client.request(method, path, json=asks, headers=headers)
    assert (answer.status_code, own_data.asked) == (status, [])


async def test_receipt_is_no_link(client: httpx.AsyncClient, own_data: ScriptedOwnData) -> None:
    """Who was once on a call gets nothing else by that, nor another call."""
    headers = await receipt_of_a_call(client)
    assert (await client.get("/api/me", headers=headers)).status_code == 403
    assert own_data.asked == []


@pytest.mark.parametrize(("method", "path", "asks"), AFTER_CALL)
async def test_call_that_is_gone_is_said_to_be(
    client: httpx.AsyncClient, own_data: ScriptedOwnData, method: str, path: str, asks: dict[str, int] | None
) -> None:
    """404 for one of which nothing is kept any more; 503 with a time to come back while nobody can tell."""
    headers = await receipt_of_a_call(client)
    own_data.forgot = True
    assert (await client.request(method, path, json=asks, headers=headers)).status_code == 404
    own_data.forgot, own_data.fails = False, True
    answer = await client.request(method, path, json=asks, headers=headers)
    assert (answer.status_code, "address" in answer.text) == (503, False)
    assert int(answer.headers["retry-after"]) > 0


async def test_a_receipt_is_good_in_the_next_process_too() -> None:
    """Nothing of it is remembered, so a restart between the call and its survey loses nothing."""
    before, after = (CallReceipts("the same secret", FakeClock(), lasts_s=60) for _ in range(2))
    receipt, until = before.make("c1")
    after.check(receipt, "c1")
    assert until == FakeClock().wall_ns() // NS_PER_S + 60
