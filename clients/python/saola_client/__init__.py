"""The Python client of the hub's public HTTP API.

from saola_client import Hub, Problem

with Hub("https://hub.example", client_id, client_secret) as hub:
    try:
        lodged = hub.lodge(declaration, key="order-4711", wait=10)
    except Problem as problem:
        print(problem.code, problem.detail, problem.errors)
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
