"""The formats a declaration may come in, by media type: each reads its bytes into the one inside form."""

from collections.abc import Callable

from services.gateway.formats import json
from shared.contracts.declaration import Declaration

FORMATS: dict[str, Callable[[bytes], Declaration]] = {"application/json": json.read}
