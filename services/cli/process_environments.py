"""The environment of each process of a hub on one machine: database, port, keys, addresses of the other services."""

from dataclasses import dataclass

from services.cli.databases import Server
from services.cli.home import Home
from shared.database_disk import DATABASE_FOLDER_VARIABLE
from shared.heartbeat import HEARTBEAT_VARIABLE

HOST = "127.0.0.1"


@dataclass(frozen=True)
class ServicePorts:
    """The ports of the services, all on the loopback interface."""

    gateway: int
    permits: int
    notifications: int

    def urls(self) -> dict[str, str]:
        """Return the address of each service."""
        return {name: service_url(getattr(self, name)) for name in ("gateway", "permits", "notifications")}


def service_url(port: int) -> str:
    """Return the address of a service."""
    return f"http://{HOST}:{port}"


def environments(home: Home, server: Server, ports: ServicePorts) -> dict[str, dict[str, str]]:
    """Return the environment of each process, by its name, in the order of their start. The gateway is last."""
    permits = {
        "PERMITS_DATABASE_URL": server.url("permits", "permits_runner"),
        "PERMITS_PORT": str(ports.permits),
        "PERMITS_GATEWAY_KEYS": str(home.public_keys("gateway")),
        "PERMITS_NOTIFICATIONS_URL": service_url(ports.notifications),
        "PERMITS_SIGNING_KEYS": str(home.private_keys("permits")),
    }
    notifications = {
        "NOTIFICATIONS_DATABASE_URL": server.url("notifications", "notifications_runner"),
        "NOTIFICATIONS_PORT": str(ports.notifications),
        "NOTIFICATIONS_GATEWAY_KEYS": str(home.public_keys("gateway")),
        "NOTIFICATIONS_PERMITS_KEYS": str(home.public_keys("permits")),
        "NOTIFICATIONS_SECRET_KEYS": str(home.secret_keys),
        "NOTIFICATIONS_SIGNING_KEYS": str(home.private_keys("webhooks")),
        "NOTIFICATIONS_ALLOW_LOOPBACK": "1",
    }
    gateway = {
        "GATEWAY_DATABASE_URL": server.url("gateway", "gateway_runner"),
        "GATEWAY_PORT": str(ports.gateway),
        "GATEWAY_PUBLIC_URL": service_url(ports.gateway),
        "GATEWAY_PERMITS_URL": service_url(ports.permits),
        "GATEWAY_NOTIFICATIONS_URL": service_url(ports.notifications),
        "GATEWAY_SIGNING_KEYS": str(home.private_keys("gateway")),
        "GATEWAY_TOKEN_KEYS": str(home.private_keys("tokens")),
        "GATEWAY_ADMIN_FILE": str(home.admin_file),
    }
    own = {
        "permits": permits,
        "notifications": notifications,
        "permits-worker": permits | _heartbeat(home, "permits-worker"),
        "notifications-worker": notifications | _heartbeat(home, "notifications-worker"),
        "gateway": gateway,
    }
    every = {DATABASE_FOLDER_VARIABLE: str(home.database_folder)}
    return {name: environment | every for name, environment in own.items()}


def _heartbeat(home: Home, name: str) -> dict[str, str]:
    return {HEARTBEAT_VARIABLE: str(home.heartbeat_file(name))}
