"""PERMITS_*: what the service and its worker need to know, read once at the start."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of permits and its worker."""

    model_config = SettingsConfigDict(env_prefix="PERMITS_", frozen=True, extra="forbid")

    database_connections: int = Field(10, ge=1, le=100, description="Most connections to the database")
    port: int = Field(8001, ge=0, le=65535, description="Port to listen on")
    gateway_keys: Path = Field(description="Public keys of the gateway (JSON Web Key Set)")
    signing_keys: Path = Field(description="Own private keys (JSON Web Key Set); the worker signs with the first")
    notifications_url: str = Field(description="Where the notifications service answers")
