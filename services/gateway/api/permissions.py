"""Who may do what: every operation of the public API, and the roles that may ever do it.

Whose thing it is comes after this and is decided where the thing is kept: what is foreign is a 404 there.
"""

from shared.contracts.closed_sets import Role

ALL_ROLES: frozenset[Role] = frozenset({Role.TRADER, Role.CUSTOMS, Role.AUTHORITY, Role.PARTNER, Role.ADMIN})
ADMIN: frozenset[Role] = frozenset({Role.ADMIN})
TRADER: frozenset[Role] = frozenset({Role.TRADER})
CUSTOMS: frozenset[Role] = frozenset({Role.CUSTOMS})
AUTHORITY: frozenset[Role] = frozenset({Role.AUTHORITY})
PARTNER: frozenset[Role] = frozenset({Role.PARTNER})
SHIPMENT_ROLES = TRADER | CUSTOMS | AUTHORITY
SUBSCRIBER_ROLES = SHIPMENT_ROLES | PARTNER

PERMISSIONS: dict[str, frozenset[Role]] = {
    "read_me": ALL_ROLES,
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
    "list_declarations": SHIPMENT_ROLES,
    "read_declaration": SHIPMENT_ROLES,
    "replace_declaration": TRADER,
    "cancel_declaration": TRADER,
    "release_declaration": CUSTOMS,
    "refuse_declaration": CUSTOMS,
    "override_finding": CUSTOMS,
    "correct_declaration": CUSTOMS,
    "consent_to_more": AUTHORITY,
    "add_permit": AUTHORITY,
    "add_permits": AUTHORITY,
    "list_permits": SHIPMENT_ROLES,
    "read_permit": SHIPMENT_ROLES,
    "read_ledger": SHIPMENT_ROLES,
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
    "read_reference": ALL_ROLES,
    "read_taxa": ALL_ROLES,
    "read_suspensions": ALL_ROLES,
    "read_quotas": ALL_ROLES,
    "load_taxa": ADMIN,
    "load_suspensions": ADMIN,
    "load_quotas": ADMIN,
    "read_policy": ALL_ROLES,
    "change_policy": ADMIN,
    "add_endpoint": SUBSCRIBER_ROLES,
    "list_endpoints": SUBSCRIBER_ROLES,
    "read_endpoint": SUBSCRIBER_ROLES,
    "change_endpoint": SUBSCRIBER_ROLES,
    "end_endpoint": SUBSCRIBER_ROLES,
    "rotate_endpoint_secret": SUBSCRIBER_ROLES,
    "verify_endpoint": SUBSCRIBER_ROLES,
    "test_endpoint": SUBSCRIBER_ROLES,
    "replay_events": SUBSCRIBER_ROLES,
    "list_deliveries": SUBSCRIBER_ROLES,
    "retry_delivery": SUBSCRIBER_ROLES,
    "pull_events": SUBSCRIBER_ROLES,
    "acknowledge_event": SUBSCRIBER_ROLES,
}

PUBLIC_OPERATIONS = frozenset(
    {"ask_token", "read_server_metadata", "read_token_keys", "read_receipt_keys", "read_webhook_keys"}
)
"""Operations that ask for no token, for they come before one; health and the documentation are not of the API."""
