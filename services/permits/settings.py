"""The PERMITS_* variables of the service and its worker, read once at the start."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings, ServiceUrl


class Settings(ServiceSettings):
    """Settings of permits and its worker."""

    model_config = SettingsConfigDict(env_prefix="PERMITS_", frozen=True, extra="forbid")

    database_connections: int = Field(
        10,
        ge=1,
        le=100,
        description="Connections to the database that one process of the service opens at most; each request uses one",
    )
    port: int = Field(8001, ge=0, le=65535, description="Port to listen on; 0 for any free port")
    gateway_keys: Path = Field(
        description="File with the gateway's public keys (JSON Web Key Set); they check the gateway's calls",
        examples=["/keys/public/gateway.json"],
    )
    signing_keys: Path = Field(
        description="File with the private keys of permits (JSON Web Key Set); the first signs calls and seals tokens",
        examples=["/keys/permits/inside.json"],
    )
    notifications_url: ServiceUrl = Field(
        description="Address of the notifications service", examples=["http://notifications:8080"]
    )
