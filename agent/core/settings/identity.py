"""Settings of who may do what: programs that show a key, customers who come by a link, and guests."""

import hashlib
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from agent.core.addresses import is_loopback
from agent.core.identity import STAFF, Role
from agent.core.settings.section import SHORTEST_KEY, Section


class ProgramKey(Section):
    """What a program shows as a bearer token. `agent identity key` makes one."""

    role: Role
    """`business` makes links by which its customers call; the others may what staff of that role may."""
    name: str = Field("", max_length=64)
    """Of the program, for the audit log; its role where none is given."""
    key: SecretStr | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """The key's SHA-256 in hex, so that the settings need not hold the key itself."""
    emotion: bool = True
    """False: calls by this business's links never offer nor read emotion."""

    @field_validator("role")
    @classmethod
    def _programs_are_no_customers(cls, role: Role) -> Role:
        if role is Role.CUSTOMER:
            raise ValueError("a program's role is business, supervisor, engineer or admin")
        return role

    @model_validator(mode="after")
    def _key_is_given_once(self) -> Self:
        if (self.key is None) == (self.sha256 is None):
            raise ValueError("a program's key is given as key or as sha256, and not as both")
        if self.key is not None and len(self.key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"a key has {SHORTEST_KEY} characters or more; `agent identity key` makes one")
        return self

    def digest(self) -> bytes:
        """SHA-256 of the key."""
        if self.key is None:
            return bytes.fromhex(self.sha256 or "")
        return hashlib.sha256(self.key.get_secret_value().encode()).digest()


class OidcSettings(Section):
    """An identity provider that vouches for staff (OpenID Connect Core 1.0); docs/access.md."""

    issuer: str = Field(pattern=r"^https?://\S+[^/\s]$")
    """As the provider names itself, without a slash at the end; what it offers is read from
    `{issuer}/.well-known/openid-configuration`."""
    client_id: str
    client_secret: SecretStr | None = None
    """None for a public client, which PKCE alone protects."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "email"
    """What the account here is called after."""
    role_claim: str = "roles"
    """Where the provider says what somebody is, as `roles`, `groups` or `realm_access.roles`: a text or a list."""
    roles: dict[str, Role] = Field(min_length=1)
    """Role here by value of that claim; where somebody has several, the first that stands here. Nobody else gets in."""

    @field_validator("roles")
    @classmethod
    def _roles_are_of_staff(cls, roles: dict[str, Role]) -> dict[str, Role]:
        if not set(roles.values()) <= set(STAFF):
            raise ValueError("staff who sign in are supervisor, engineer or admin")
        return roles

    @model_validator(mode="after")
    def _issuer_cannot_be_feigned(self) -> Self:
        address = urlsplit(self.issuer)
        if address.scheme != "https" and not is_loopback(address.hostname or ""):
            raise ValueError("the issuer must be reached by https, or be on this machine")
        if "openid" not in self.scopes:
            raise ValueError("scopes must name openid")
        return self


class IdentitySettings(Section):
    keys: tuple[ProgramKey, ...] = ()
    """Programs that may ask for what customers may not."""
    guests: bool | None = None
    """Whether who comes without a link may call. None: on a loopback address only."""
    link_lasts_s: int = Field(300, ge=10, le=86_400)
    """How long a customer's link is good for; a call that began goes on."""
    session_idle_s: int = Field(30 * 60, ge=60)
    """Staff who do nothing for this long, with no page open that watches, have to sign in again."""
    session_lasts_s: int = Field(12 * 3600, ge=300)
    """Staff have to sign in again after this long, whatever they do."""
    oidc: OidcSettings | None = None
    """Lets staff sign in at an identity provider, besides those with a password."""
