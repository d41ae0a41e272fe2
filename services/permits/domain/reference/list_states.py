"""The state of a reference list: its effect on the check of a declaration, and the administrator's next step."""

from shared.contracts.closed_sets import ReferenceListState

HS_CODES = "hs-codes"
EFFECTS: dict[str, dict[ReferenceListState, str]] = {
    "taxa": {
        ReferenceListState.NEVER_LOADED: "The hub knows no listing. An officer decides on goods that no permit covers.",
        ReferenceListState.BUILT_IN: "Checks use the hub's own small listing. Most taxa are not in it.",
        ReferenceListState.EMPTY: "The loaded listing has no taxon. An officer decides on goods that no permit covers.",
        ReferenceListState.LOADED: "Checks use this listing.",
    },
    "suspensions": {
        ReferenceListState.NEVER_LOADED: "No suspension is checked.",
        ReferenceListState.EMPTY: "The loaded list has no suspension, so checks find none.",
        ReferenceListState.LOADED: "Checks use these suspensions.",
    },
    "quotas": {
        ReferenceListState.NEVER_LOADED: "No quota is checked.",
        ReferenceListState.EMPTY: "The loaded list has no quota, so checks find none.",
        ReferenceListState.LOADED: "Checks use these quotas.",
    },
    HS_CODES: {
        ReferenceListState.BUILT_IN: "Checks use the hub's own table of HS codes.",
        ReferenceListState.EMPTY: "The loaded list has no HS code. Checks use the hub's own table.",
        ReferenceListState.LOADED: "Checks use these HS codes first, then the hub's own table.",
    },
}
"""By list and state. Only the listing of taxa and the table of HS codes have built-in ones."""
TO_LOAD = frozenset({ReferenceListState.NEVER_LOADED, ReferenceListState.BUILT_IN})


def reference_list_state(list_name: str, *, is_loaded: bool, is_built_in: bool, rows: int) -> ReferenceListState:
    """Return the state of a list by its last load and the count of its rows."""
    if not is_loaded:
        return ReferenceListState.BUILT_IN if list_name == HS_CODES else ReferenceListState.NEVER_LOADED
    if is_built_in:
        return ReferenceListState.BUILT_IN
    return ReferenceListState.LOADED if rows else ReferenceListState.EMPTY


def reference_list_remedy(list_name: str, state: ReferenceListState) -> str | None:
    """Return the administrator's next step about a list; None if it needs none.

    The built-in table of HS codes is complete: a country may add to it, and need not.
    """
    if state not in TO_LOAD or list_name == HS_CODES:
        return None
    return f"The administrator loads the list of {list_name} with PUT /v1/reference/{list_name}."
