"""The endpoint policy: the operator's decisions about endpoints, and the keys that their secrets need."""

from dataclasses import dataclass

from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.domain import endpoint_urls
from services.notifications.domain.allowed_addresses import AllowedAddresses


@dataclass(frozen=True)
class EndpointPolicy:
    """The addresses that webhooks may be sent to, the keys, and whether an endpoint must be verified."""

    allowed_addresses: AllowedAddresses
    keys: EndpointKeys
    verification_required: bool = True

    def requires_verification(self, url: str) -> bool:
        """Return whether an endpoint must be verified. An allowed address needs no verification."""
        return self.verification_required and not endpoint_urls.is_allowed_by_operator(url, self.allowed_addresses)
