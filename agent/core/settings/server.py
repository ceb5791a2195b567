"""Settings of the address that is served, of media, and of what is told to programs and operators."""

from pathlib import Path
from typing import Self

from pydantic import Field, IPvAnyAddress, SecretStr, field_validator, model_validator

from agent.core.addresses import is_loopback
from agent.core.settings.section import DIGEST, SHORTEST_KEY, Section


class ServerSettings(Section):
    host: str = "127.0.0.1"
    """Beyond loopback the agent needs `tls_certificate` or `trusted_proxies`, and an account of staff."""
    port: int = Field(8080, ge=0, le=65535)
    public_url: str | None = Field(None, pattern=r"^https?://[^/\s]+$")
    """Where browsers find the agent when that is not what requests name as their host, such as `https://calls.example`."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    tls_certificate: Path | None = None
    """PEM file of the certificate and those that lead to its root; with `tls_key` the agent serves https. On SIGHUP
    both are read anew, which ends no call."""
    tls_key: Path | None = None
    public_ice_servers: tuple[str, ...] = ()
    """STUN URLs handed to the page; none are needed on one machine or one network."""
    turn_urls: tuple[str, ...] = ()
    """TURN servers handed to the page, such as `turns:turn.example:5349?transport=tcp`, for who cannot be reached
    directly; docs/operating.md."""
    turn_secret: SecretStr | None = Field(None, min_length=SHORTEST_KEY)
    """Shared with the TURN servers (coturn: `use-auth-secret`); each call's credential is made with it."""
    turn_lasts_s: int = Field(3_600, ge=60)
    """A call can be relayed with its credential for so long after it was opened; one that is connected goes on."""
    max_calls: int | None = Field(None, ge=1)
    """No more calls than this at a time; None leaves it to what the machine is rated for, see `agent capacity`."""
    beyond_rating: bool = False
    """Takes `max_calls` even where the machine is rated for fewer: to find out what happens then."""
    max_body_bytes: int = Field(256 * 1024, ge=4096)
    customer_secret: SecretStr | None = Field(None, min_length=32)
    """Signs customers' links: the agent's own, and those of a business's site that shares it. None: one is made up at
    each start, so that only the agent's own links are good, until it ends."""

    @property
    def on_loopback(self) -> bool:
        """Whether only programs of this machine can reach it, a proxy among them."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _some_limit_stands(self) -> Self:
        if self.beyond_rating and self.max_calls is None:
            raise ValueError("beyond_rating lifts the limit that was measured, so max_calls must set one")
        return self

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together; set both or neither")
        if bool(self.turn_urls) != (self.turn_secret is not None):
            raise ValueError("turn_urls and turn_secret go together; set both or neither")
        return self

    @field_validator("public_ice_servers")
    @classmethod
    def _stun_is_no_turn(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return _with_schemes(urls, ("stun:", "stuns:"))

    @field_validator("turn_urls")
    @classmethod
    def _turn_is_no_stun(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return _with_schemes(urls, ("turn:", "turns:"))


class MediaSettings(Section):
    silent_after_s: float = Field(15.0, gt=0)
    """A connection without any packet for this long is lost."""
    resume_within_s: float = Field(60.0, ge=0, le=600)
    """A call whose connection is lost is kept for this long, its place among the calls too, for its customer to come
    back into it. With 0 it ends at once."""
    connect_within_s: float = Field(30.0, gt=0)
    """A call whose media does not connect in this time has ended."""
    preferred_fps: int = Field(15, ge=1, le=60)
    """Asked of our own page: a frame that nobody analyses is cheapest not sent."""
    preferred_width_px: int = Field(640, ge=160)
    private_candidates: bool | None = None
    """Whether media may be sent into private networks because a customer's side asks for it. When absent, only for
    customers who reach the agent from such a network themselves."""
    announced_address: IPvAnyAddress | None = None
    """Told to customers in place of the machine's own addresses, where a router or a cloud passes on what comes to it,
    port by port; the own ones are told to nobody then."""
    relayed: bool = False
    """Whether the agent, too, takes a path through `server.turn_urls`, for where customers cannot reach it. Each call
    is answered a little later for it."""


class ApiSettings(Section):
    """Speech recognition for other programs, `POST /v1/audio/transcriptions`."""

    keys: tuple[SecretStr, ...] = ()
    """Who shows one of these may ask: the key itself, or `sha256:` and its digest in hex. Without any, nobody may."""
    max_file_bytes: int = Field(25 * 1024 * 1024, ge=4096)
    max_audio_s: float = Field(3_600.0, gt=0)
    max_waiting: int = Field(4, ge=1)
    """Files that may be read or wait at once; more are told to come back."""

    @field_validator("keys")
    @classmethod
    def _keys_can_be_shown(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            text = key.get_secret_value()
            if len(text) < SHORTEST_KEY or (text.startswith("sha256:") and not DIGEST.fullmatch(text)):
                raise ValueError(f"a key has {SHORTEST_KEY} characters or more; a digest is sha256: and 64 hex digits")
        return keys


class TelemetrySettings(Section):
    """What is told about the program itself; docs/observability.md lists it."""

    metrics_token: SecretStr | None = None
    """Who shows it as a bearer token may read `/metrics`, from anywhere; without one, this machine may. Engineers and
    admins may in any case."""
    otlp_url: str | None = Field(None, pattern=r"^https?://\S+$")
    """Where traces of turns are sent by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`; needs
    `uv sync --extra telemetry`. Nothing is traced when absent."""
    trace_share: float = Field(0.1, ge=0, le=1)
    """Share of the turns that are traced."""

    @field_validator("metrics_token")
    @classmethod
    def _token_cannot_be_guessed(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"a token has {SHORTEST_KEY} characters or more")
        return token


def _with_schemes(urls: tuple[str, ...], schemes: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses as they are; raises `ValueError` that names one of another scheme."""
    for url in urls:
        if not url.startswith(schemes):
            raise ValueError(f"{url} must begin with {' or '.join(schemes)}")
    return urls
