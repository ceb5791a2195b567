"""Links by which customers call: made with a business's key, good for one call, for a while, at one agent."""

import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from agent.app.customer import link_parts, open_call
from agent.core.clock import FakeClock
from agent.core.consent import CONSENT_VERSION, Choice
from agent.core.errors import AtCapacity, LinkRejected, MediaError
from agent.core.settings import IdentitySettings, ReplySettings, ServerSettings, Settings
from agent.core.signed_customer import GUEST, SKEW_S, SignedCustomer, sign
from agent.transport.desk import Ticket
from agent.transport.links import JoinLinks
from tests.transport.conftest import CUSTOMER_SECRET, ScriptedDesk

WISH = {"choice": "without_emotion", "consent_version": CONSENT_VERSION, "locale": "en"}
BUSINESS_KEY = "key-of-the-shop-site"
KEYS: dict[str, dict[str, object]] = {
    BUSINESS_KEY: {"role": "business", "name": "site"},
    "key-of-calm-business": {"role": "business", "emotion": False},
    "key-of-a-supervisor": {"role": "supervisor"},
}
Asks = dict[str, object]


@pytest.fixture
def settings() -> Settings:
    keys = [{"key": key, **more} for key, more in KEYS.items()]
    return Settings(
        server=ServerSettings(customer_secret=SecretStr(CUSTOMER_SECRET)),
        identity=IdentitySettings.model_validate({"keys": keys}),
    )


async def made(client: httpx.AsyncClient, asks: Asks, key: str = BUSINESS_KEY) -> httpx.Response:
    """What a business's backend gets for its request."""
    return await client.post("/api/calls", json=asks, headers={"Authorization": f"Bearer {key}"})


async def call(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """What the customer's page gets for the token of its link."""
    return await client.post("/api/calls", json=WISH | {"customer": token})


async def test_a_business_sends_its_customer_into_a_call(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """The link leads to the page in the customer's language, the token behind the address; the desk is told who calls,
    and does not count the call for the address that it comes from."""
    link = (await made(client, {"customer": "dana/7", "locale": "zh"})).json()
    assert link["join_url"] == f"{client.base_url}/?lang=zh#customer={link['token']}"
    assert 290 <= link["expires_at"] - time.time() <= 300
    assert (await call(client, link["token"])).status_code == 201
    assert [(wish.customer, wish.locale, wish.client) for wish in desk.wishes] == [("dana/7", "zh", None)]


async def test_a_link_is_good_for_one_call(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """Who failed to connect may try again; once a call was made, the same link makes no other."""
    token = (await made(client, {"customer": "dana"})).json()["token"]
    for _ in range(2):
        assert (await call(client, token)).status_code == 201
    headers = {"Authorization": "Bearer good", "Content-Type": "application/sdp"}
    assert (await client.post("/whip", content="v=0", headers=headers)).status_code == 201
    answer = await call(client, token)
    assert (answer.status_code, answer.json()["reason"]) == (403, "used")
    assert len(desk.wishes) == 2


async def test_a_headless_customer_comes_by_a_link(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """As `agent call --url LINK` does; what refuses it is told in the agent's words."""
    url, token = link_parts((await made(client, {"customer": "dana"})).json()["join_url"])
    assert (await open_call(url, Choice.AGREE, customer=token)).call_id == "c1"
    desk.answered = True
    with pytest.raises(MediaError, match="this link was used already"):
        await open_call(url, Choice.AGREE, customer=token)
    assert [wish.customer for wish in desk.wishes] == ["dana"]
    assert link_parts("http://127.0.0.1:8080") == ("http://127.0.0.1:8080", None)


async def test_a_business_can_do_without_emotion(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """What the entry of its key says holds for calls by its links."""
    for key in (BUSINESS_KEY, "key-of-calm-business"):
        await call(client, (await made(client, {"customer": "dana"}, key)).json()["token"])
    assert [wish.asked.emotion for wish in desk.wishes] == [True, False]


@pytest.mark.parametrize(("key", "status"), [("key-that-nobody-has", 401), ("key-of-a-supervisor", 403)], ids=str)
async def test_links_are_made_for_businesses_only(client: httpx.AsyncClient, key: str, status: int) -> None:
    """Neither strangers nor staff can name a customer."""
    answer = await made(client, {"customer": "dana"}, key)
    assert answer.status_code == status and "business" in answer.json()["detail"]


@pytest.mark.parametrize(
    "asks",
    [
        {"customer": ""},
        {"customer": 7},
        {"customer": "d", "locale": "zh; drop"},
        {"customer": "d", "role": "admin"},
        {},
        [],
    ],
    ids=str,
)
async def test_a_request_for_a_link_must_be_whole(client: httpx.AsyncClient, asks: Asks) -> None:
    """What is missing, odd or too much is named."""
    answer = await made(client, asks)
    assert answer.status_code == 422 and answer.json()["detail"]


async def test_a_token_that_the_site_signed_itself_is_good_for_many_calls(
    client: httpx.AsyncClient, desk: ScriptedDesk
) -> None:
    """Without an id it names a customer until it ends, however often; calls by it count for their address."""
    claims = {"sub": "dana", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CUSTOMER_SECRET))
    for _ in range(2):
        assert (await call(client, token)).status_code == 201
    assert [wish.customer for wish in desk.wishes] == ["dana", "dana"]


@pytest.mark.parametrize(
    ("who", "secret", "reason"),
    [
        (SignedCustomer(customer="dana", expires_at=4e9), "a secret that somebody made up for it", "invalid"),
        (SignedCustomer(customer="dana", expires_at=1e9), CUSTOMER_SECRET, "expired"),
        (SignedCustomer(customer="dana", expires_at=4e9, domain="clinic"), CUSTOMER_SECRET, "elsewhere"),
    ],
    ids=["forged", "old", "another domain's"],
)
async def test_a_link_that_is_not_good_opens_no_call(
    client: httpx.AsyncClient, desk: ScriptedDesk, who: SignedCustomer, secret: str, reason: str
) -> None:
    """It is refused with a sentence: taken for a guest, customers would wonder whom the agent takes them for."""
    answer = await call(client, sign(who, secret=secret))
    assert (answer.status_code, answer.json()["reason"], desk.wishes) == (403, reason, [])
    assert "ask for a new one" in answer.json()["detail"]


class TestGuests:
    """Who comes without a link, where only customers of the business are taken."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(identity=IdentitySettings(guests=False))

    async def test_are_told_where_to_get_one(self, client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
        """No call is opened, and the sentence says what to do."""
        answer = await client.post("/api/calls", json=WISH)
        assert (answer.status_code, answer.json()["reason"], desk.wishes) == (403, "needed", [])
        assert "sign in at the business's own site" in answer.json()["detail"]


class TestBehindAProxy:
    """An agent that listens on loopback and is reached through a proxy by everybody."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(server=ServerSettings(trusted_proxies=("127.0.0.1",)))

    async def test_takes_no_guests_unless_it_is_told_to(self, client: httpx.AsyncClient) -> None:
        """What is right for a machine of one's own is not the default of a public address."""
        assert (await client.post("/api/calls", json=WISH)).json()["reason"] == "needed"


async def test_on_loopback_guests_are_taken(client: httpx.AsyncClient, desk: ScriptedDesk) -> None:
    """Without any setting `agent serve` can be tried at once."""
    assert (await client.post("/api/calls", json=WISH)).status_code == 201
    assert [wish.customer for wish in desk.wishes] == [GUEST]


class Line:
    """Stands for a desk that has no line free until it is told that it has."""

    def __init__(self) -> None:
        self.free = False
        self.shown: list[str | None] = []

    def opening(self, who: SignedCustomer, place: str | None) -> Ticket:
        self.shown.append(place)
        if not self.free:
            raise AtCapacity("full", retry_after_s=5, place=place or f"place-{len(self.shown)}", position=1)
        return Ticket(call_id="c1", token="t", purposes=())


def never(call_id: str) -> bool:
    return False


@pytest.fixture
def links(clock: FakeClock) -> JoinLinks:
    return JoinLinks(Settings(reply=ReplySettings(domain="bank")), clock)


def link_for(links: JoinLinks) -> str:
    token, _ = links.make("dana", locale=None, domain="bank", emotion=True)
    return token


def test_who_waits_in_line_keeps_the_link(links: JoinLinks, clock: FakeClock) -> None:
    """A wait that is longer than the link lasts ends in a call, and not at the door."""
    line, token = Line(), link_for(links)
    for _ in range(40):
        with pytest.raises(AtCapacity):
            links.open(token, None, line.opening, withdraw=never)
        clock.advance(ms=30_000)
    line.free = True
    assert links.open(token, None, line.opening, withdraw=never).call_id == "c1"
    with pytest.raises(LinkRejected):
        links.open(token, None, line.opening, withdraw=never)


def test_a_link_has_one_place_however_often_it_is_opened(links: JoinLinks) -> None:
    """Passed on to a hundred people it does not fill the line."""
    line, token = Line(), link_for(links)
    for place in (None, "made up", None):
        with pytest.raises(AtCapacity):
            links.open(token, place, line.opening, withdraw=never)
    assert line.shown == [None, "place-1", "place-1"]


def test_who_gave_up_waiting_comes_too_late(links: JoinLinks, clock: FakeClock) -> None:
    """A place that nobody asks for keeps no link alive."""
    line, token = Line(), link_for(links)
    with pytest.raises(AtCapacity):
        links.open(token, None, line.opening, withdraw=never)
    clock.advance(ms=(300 + SKEW_S) * 1_000)
    with pytest.raises(LinkRejected, match="run out"):
        links.open(token, None, line.opening, withdraw=never)


def test_looking_at_a_link_uses_nothing_up(links: JoinLinks) -> None:
    """Who a customer is can be asked before and after their call."""
    line, token = Line(), link_for(links)
    line.free = True
    assert links.customer_of(token).customer == "dana"
    links.open(token, None, line.opening, withdraw=never)
    assert links.customer_of(token).customer == "dana"


def test_a_ticket_that_failed_is_taken_back_before_the_next(links: JoinLinks) -> None:
    """One link never holds two lines."""
    line, token = Line(), link_for(links)
    line.free = True
    taken_back: list[str] = []

    def withdraw(call_id: str) -> bool:
        taken_back.append(call_id)
        return True

    for _ in range(3):
        links.open(token, None, line.opening, withdraw=withdraw)
    assert taken_back == ["c1", "c1"]
