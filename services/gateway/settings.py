"""The gateway's settings: GATEWAY_* as one frozen value, read once by the entry point."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the operator decides about the gateway."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    public_url: str = Field("", description="How clients reach it, and the issuer of its tokens")
    permits_url: str = Field(description="Where the permits service answers, such as http://permits:8080")
    notifications_url: str = Field(description="Where the notifications service answers")
    signing_keys: Path = Field(description="Private JWKS that signs calls inside the hub")
    token_keys: Path = Field(description="Private JWKS that signs access tokens")
    admin_file: Path | None = Field(None, description="Where the first admin's credential is written, once")
    trusted_issuer: str = Field("", description="`iss` of an outside OpenID provider whose tokens are taken too")
    trusted_audience: str = Field("saola", description="`aud` that its tokens must name, and no other")
    trusted_claim: str = Field("sub", description="The claim that says who somebody is: a credential's `subject`")
    trusted_jwks: str = Field("", description="Address of its keys; when empty its OpenID configuration says it")
    rate_limit: int = Field(0, ge=0, le=1_000_000, description="Requests a second a party may send; 0 is no limit")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of /metrics, which is not public; 0 for none")
    metrics_host: str = Field("127.0.0.1", description="Address where /metrics listens")

    @field_validator("trusted_issuer", "trusted_jwks")
    @classmethod
    def _require_https(cls, url: str) -> str:
        local = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        if url and not url.startswith("https://") and not local:
            raise ValueError("an outside issuer is reached by https")
        return url

    @property
    def issuer(self) -> str:
        """The address clients know the hub by, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
