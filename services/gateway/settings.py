"""The settings of the gateway: GATEWAY_* as one frozen value. The entry point reads them once."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.networks import require_networks
from shared.settings import ServiceSettings, ServiceUrl, require_http_url


class Settings(ServiceSettings):
    """The operator's decisions about the gateway."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    public_url: str = Field(
        "",
        description="URL by which clients reach the hub; also the issuer of its tokens",
        examples=["https://hub.example"],
    )
    permits_url: ServiceUrl = Field(description="URL of the permits service", examples=["http://permits:8080"])
    notifications_url: ServiceUrl = Field(
        description="URL of the notifications service", examples=["http://notifications:8080"]
    )
    signing_keys: Path = Field(
        description="Private JWKS that signs internal requests", examples=["/keys/gateway/inside.json"]
    )
    token_keys: Path = Field(
        description="Private JWKS that signs access tokens", examples=["/keys/gateway/tokens.json"]
    )
    admin_file: Path | None = Field(
        None,
        description="File for the credential of the first administrator, written once",
        examples=["/state/admin.json"],
    )
    trusted_issuer: str = Field(
        "",
        description="`iss` of an external OpenID provider whose tokens the hub also accepts",
        examples=["https://login.example"],
    )
    trusted_audience: str = Field("saola", description="The only `aud` of the provider's tokens")
    trusted_claim: str = Field("sub", description="The claim of its tokens that a credential's `subject` matches")
    trusted_jwks: str = Field(
        "",
        description="URL of its keys; if empty, its OpenID configuration has the URL",
        examples=["https://login.example/keys"],
    )
    rate_limit: int = Field(0, ge=0, le=1_000_000, description="Requests per second of a party; 0: no limit")
    address_rate_limit: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Requests per second of an address (a /64 of IPv6) that has not signed in; 0: no limit",
    )
    trusted_proxies: str = Field(
        "",
        description="Networks of your own proxies; only these may name the client's address in the next header",
        examples=["10.1.0.0/16,fd00:1::/64"],
    )
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = Field(
        "X-Forwarded-For", description="Header in which your proxies name the client"
    )
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of /metrics, which is not public; 0: none")
    metrics_host: str = Field("127.0.0.1", description="Address on which /metrics listens")

    @field_validator("public_url")
    @classmethod
    def _validate_public_url(cls, url: str) -> str:
        return require_http_url(url) if url else url

    @field_validator("trusted_proxies")
    @classmethod
    def _validate_proxies(cls, text: str) -> str:
        return require_networks(text)

    @field_validator("trusted_issuer", "trusted_jwks")
    @classmethod
    def _require_https(cls, url: str) -> str:
        local = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        if url and not url.startswith("https://") and not local:
            raise ValueError("an address that begins with https://")
        return url

    @property
    def issuer(self) -> str:
        """The URL by which clients know the hub, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
