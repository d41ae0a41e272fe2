"""Who may do what: every operation of the public API, and the roles that may ever do it.

Whose thing it is comes after this and is decided where the thing is kept: what is foreign is a 404 there.
"""

from shared.contracts.fields import Role

EVERYBODY: frozenset[Role] = frozenset({"trader", "customs", "authority", "partner", "admin"})
ADMIN: frozenset[Role] = frozenset({"admin"})
TRADER: frozenset[Role] = frozenset({"trader"})
CUSTOMS: frozenset[Role] = frozenset({"customs"})
AUTHORITY: frozenset[Role] = frozenset({"authority"})
PARTNER: frozenset[Role] = frozenset({"partner"})
CONCERNED = TRADER | CUSTOMS | AUTHORITY
LISTENERS = CONCERNED | PARTNER

RIGHTS: dict[str, frozenset[Role]] = {
    "read_me": EVERYBODY,
    "add_party": ADMIN,
    "list_parties": ADMIN,
    "read_party": ADMIN,
    "change_party": ADMIN,
    "give_credential": ADMIN,
    "list_credentials": ADMIN,
    "rotate_credential": ADMIN,
    "end_credential": ADMIN,
    "grant_mandate": TRADER | ADMIN,
    "list_mandates": TRADER | ADMIN,
    "read_mandate": TRADER | ADMIN,
    "revoke_mandate": TRADER | ADMIN,
    "end_mandate": TRADER | ADMIN,
    "lodge_declaration": TRADER,
    "lodge_declarations": TRADER,
    "validate_declaration": TRADER,
    "read_content": TRADER,
    "read_receipt": TRADER,
    "list_declarations": CONCERNED,
    "read_declaration": CONCERNED,
    "replace_declaration": TRADER,
    "cancel_declaration": TRADER,
    "release_declaration": CUSTOMS,
    "refuse_declaration": CUSTOMS,
    "override_finding": CUSTOMS,
    "correct_declaration": CUSTOMS,
    "consent_to_more": AUTHORITY,
    "add_permit": AUTHORITY,
    "add_permits": AUTHORITY,
    "list_permits": CONCERNED,
    "read_permit": CONCERNED,
    "read_ledger": CONCERNED,
    "endorse_permit": CUSTOMS,
    "revoke_permit": AUTHORITY,
    "replace_permit": AUTHORITY,
    "lose_permit": AUTHORITY,
    "find_permit": AUTHORITY,
    "apply_for_permit": TRADER,
    "list_applications": TRADER | AUTHORITY,
    "read_application": TRADER | AUTHORITY,
    "query_application": AUTHORITY,
    "answer_application": TRADER,
    "withdraw_application": TRADER,
    "assess_application": AUTHORITY,
    "grant_application": AUTHORITY,
    "refuse_application": AUTHORITY,
    "read_annual_report": AUTHORITY,
    "read_mirror_report": AUTHORITY,
    "read_reference": EVERYBODY,
    "read_taxa": EVERYBODY,
    "read_suspensions": EVERYBODY,
    "read_quotas": EVERYBODY,
    "load_taxa": ADMIN,
    "load_suspensions": ADMIN,
    "load_quotas": ADMIN,
    "read_policy": EVERYBODY,
    "change_policy": ADMIN,
    "add_endpoint": LISTENERS,
    "list_endpoints": LISTENERS,
    "read_endpoint": LISTENERS,
    "change_endpoint": LISTENERS,
    "end_endpoint": LISTENERS,
    "rotate_endpoint_secret": LISTENERS,
    "verify_endpoint": LISTENERS,
    "test_endpoint": LISTENERS,
    "replay_events": LISTENERS,
    "list_deliveries": LISTENERS,
    "retry_delivery": LISTENERS,
    "pull_events": LISTENERS,
    "acknowledge_event": LISTENERS,
}

OPEN = frozenset({"ask_token", "read_server_metadata", "read_token_keys", "read_receipt_keys", "read_webhook_keys"})
"""Operations that ask for no token, for they come before one; health and the documentation are not of the API."""
