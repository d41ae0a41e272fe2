"""The settings of notifications: NOTIFICATIONS_* as one frozen value, read once by the entry points."""

import re
from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.notifications.domain.allowed_addresses import AllowedAddresses
from services.notifications.domain.retention import RetentionPeriods
from services.notifications.domain.retry_schedule import SCHEDULE
from shared.networks import parse_networks, require_networks
from shared.settings import ServiceSettings

SCHEDULE_PATTERN = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?(,[0-9]{1,7}(\.[0-9]{1,3})?){0,49}", re.ASCII)


class Settings(ServiceSettings):
    """The operator's settings of notifications, for the server and its worker."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    gateway_keys: Path = Field(
        description="Public JWKS that verifies the gateway's internal tokens", examples=["/keys/public/gateway.json"]
    )
    permits_keys: Path = Field(
        description="Public JWKS that verifies permits' internal tokens", examples=["/keys/public/permits.json"]
    )
    secret_keys: Path = Field(
        description="JWKS that seals the secrets of endpoints; `saola keys` makes it",
        examples=["/keys/notifications/secrets.json"],
    )
    signing_keys: Path = Field(
        description="Private JWKS (Ed25519) that signs webhooks, in addition to their secrets",
        examples=["/keys/notifications/webhooks.json"],
    )
    verify_endpoints: bool = Field(
        True,
        description="Whether endpoints must be verified, except at addresses that the next two settings allow",
    )
    allow_loopback: bool = Field(False, description="Whether webhooks may go to this machine too, by http or https")
    allowed_networks: str = Field(
        "",
        description="Private networks that webhooks may go to too, by http or https",
        examples=["10.1.0.0/16,fd00:1::/64"],
    )
    schedule: str = Field(
        ",".join(f"{wait.total_seconds():.0f}" for wait in SCHEDULE),
        description="Seconds between the attempts at a delivery; after the last attempt the hub gives it up",
    )
    keep_events: int = Field(30, ge=30, le=36500, description="Days that events are kept, in the feed and for replays")
    keep_deliveries: int = Field(
        30, ge=1, le=36500, description="Days that successful deliveries are kept, with their attempts"
    )

    @field_validator("allowed_networks")
    @classmethod
    def _validate_networks(cls, text: str) -> str:
        return require_networks(text)

    @field_validator("schedule")
    @classmethod
    def _validate_schedule(cls, text: str) -> str:
        if not SCHEDULE_PATTERN.fullmatch(text):
            raise ValueError("1 to 50 numbers of seconds, each with at most 3 decimals, separated by commas")
        return text

    @property
    def allowed_addresses(self) -> AllowedAddresses:
        """The addresses that webhooks may be sent to in addition to public ones."""
        return AllowedAddresses(loopback=self.allow_loopback, networks=parse_networks(self.allowed_networks))

    @property
    def retention_periods(self) -> RetentionPeriods:
        """The retention of events and deliveries."""
        return RetentionPeriods(
            events=timedelta(days=self.keep_events), deliveries=timedelta(days=self.keep_deliveries)
        )

    @property
    def retry_waits(self) -> tuple[timedelta, ...]:
        """The waits of the retry schedule."""
        return tuple(timedelta(seconds=float(wait)) for wait in self.schedule.split(","))
