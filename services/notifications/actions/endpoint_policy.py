"""The rules of the house: what the operator decided about endpoints, and the keys that are needed to keep to it."""

from dataclasses import dataclass

from services.notifications.actions.encryption_keys import Keys
from services.notifications.domain import endpoint_urls
from services.notifications.domain.allowed_addresses import Reach


@dataclass(frozen=True)
class House:
    """Where letters may go, whether one must prove oneself to hear anything, what seals and signs."""

    reach: Reach
    keys: Keys
    verify: bool = True

    def must_prove(self, url: str) -> bool:
        """Say whether an endpoint has to prove itself; one at an address that the operator named need not."""
        return self.verify and not endpoint_urls.is_named(url, self.reach)
