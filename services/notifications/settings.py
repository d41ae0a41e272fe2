"""The settings of notifications: NOTIFICATIONS_* as one frozen value, read once by the entry points."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.notifications.domain.allowed_addresses import AllowedAddresses, parse_networks
from services.notifications.domain.retention import RetentionPeriods
from services.notifications.domain.retry_schedule import SCHEDULE
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the operator decides about notifications, the server and its worker alike."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    gateway_keys: Path = Field(description="Public JWKS of the gateway's inside tokens")
    permits_keys: Path = Field(description="Public JWKS of permits' inside tokens")
    secret_keys: Path = Field(description="JWKS that endpoints' secrets are kept under; `saola keys` makes it")
    signing_keys: Path = Field(description="Private JWKS (Ed25519) that letters are signed with beside their secrets")
    verify_endpoints: bool = Field(
        True,
        description="Let endpoints prove themselves, save at addresses that the next two settings allow",
    )
    allow_loopback: bool = Field(False, description="Send webhooks to this machine too, by http or https")
    allowed_networks: str = Field(
        "", description="Private networks that webhooks may go to as well, by http or https: 10.1.0.0/16,fd00:1::/64"
    )
    schedule: str = Field(
        ",".join(f"{wait.total_seconds():.0f}" for wait in SCHEDULE),
        pattern=r"^[0-9]{1,7}(\.[0-9]{1,3})?(,[0-9]{1,7}(\.[0-9]{1,3})?){0,49}$",
        description="Seconds between the attempts at a delivery; after the last it is given up",
    )
    keep_events: int = Field(30, ge=30, le=36500, description="Days that events are kept, in the feed and for replays")
    keep_deliveries: int = Field(
        30, ge=1, le=36500, description="Days that deliveries which went well are kept, with their attempts"
    )

    @field_validator("allowed_networks")
    @classmethod
    def _validate_networks(cls, text: str) -> str:
        parse_networks(text)
        return text

    @property
    def allowed_addresses(self) -> AllowedAddresses:
        """What webhooks may go to beside public addresses."""
        return AllowedAddresses(loopback=self.allow_loopback, networks=parse_networks(self.allowed_networks))

    @property
    def retention_periods(self) -> RetentionPeriods:
        """How long things are kept."""
        return RetentionPeriods(
            events=timedelta(days=self.keep_events), deliveries=timedelta(days=self.keep_deliveries)
        )

    @property
    def retry_waits(self) -> tuple[timedelta, ...]:
        """The schedule as lengths of time."""
        return tuple(timedelta(seconds=float(wait)) for wait in self.schedule.split(","))
