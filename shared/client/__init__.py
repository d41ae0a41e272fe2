"""The Python client: everything a program needs to lodge, follow, work and hear, over the hub's public HTTP API.

from shared.client import Hub, Problem, verify_webhook

with Hub("https://hub.example", client_id, client_secret) as hub:
    declared = hub.declare(declaration, wait=10)
"""

from shared.client.errors import HubError, NoAnswer, Problem
from shared.client.hub import Hub
from shared.client.keys import ClientKey
from shared.client.receipts import BadReceipt, verify_receipt
from shared.client.webhooks import BadWebhook, verify_webhook

__all__ = [
    "BadReceipt",
    "BadWebhook",
    "ClientKey",
    "Hub",
    "HubError",
    "NoAnswer",
    "Problem",
    "verify_receipt",
    "verify_webhook",
]
