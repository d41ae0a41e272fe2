"""The rules of the house: what the operator decided about endpoints, and the keys that are needed to keep to it."""

from dataclasses import dataclass

from services.notifications.actions.encryption_keys import EndpointKeys
from services.notifications.domain import endpoint_urls
from services.notifications.domain.allowed_addresses import AllowedAddresses


@dataclass(frozen=True)
class EndpointPolicy:
    """Where letters may go, whether one must prove oneself to hear anything, what seals and signs."""

    allowed_addresses: AllowedAddresses
    keys: EndpointKeys
    verification_required: bool = True

    def requires_verification(self, url: str) -> bool:
        """Say whether an endpoint has to prove itself; one at an address that the operator named need not."""
        return self.verification_required and not endpoint_urls.is_allowed_by_operator(url, self.allowed_addresses)
