"""Requests about reference data: the state of the lists that checks use."""

from collections.abc import Iterator

from saola_client.requests import NO_FILTERS, HubRequests, JsonObject


class Reference(HubRequests):
    """The requests about reference data."""

    def list_reference_lists(self) -> Iterator[JsonObject]:
        """Yield the reference lists: `list`, `state`, `rows`, `loaded_at`, `effect`, `remedy`."""
        return self._list_all("/v1/reference/lists", NO_FILTERS)
