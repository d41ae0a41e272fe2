"""The Python client of the hub's public HTTP API: declarations, permits, parties, events, receipts.

from saola_client import Hub, Problem, verify_webhook

with Hub("https://hub.example", client_id, client_secret) as hub:
    declared = hub.lodge(declaration, wait=10)
"""

from saola_client.errors import HubError, NoResponse, Problem
from saola_client.hub import Hub
from saola_client.keys import ClientKey
from saola_client.receipts import BadReceipt, verify_receipt
from saola_client.webhooks import BadWebhook, verify_webhook

__all__ = [
    "BadReceipt",
    "BadWebhook",
    "ClientKey",
    "Hub",
    "HubError",
    "NoResponse",
    "Problem",
    "verify_receipt",
    "verify_webhook",
]
