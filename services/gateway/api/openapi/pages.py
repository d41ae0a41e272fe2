"""The API's pages for people, from files of a package. The browser may fetch nothing from other servers."""

import json
from collections.abc import Callable, Coroutine
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.gateway.api.protocol.documents import DOCUMENT_SECONDS, public_document

HTML_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Saola: the API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""
START_SCRIPT = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "none", filter: true,
  persistAuthorization: false, validatorUrl: null, presets: [SwaggerUIBundle.presets.apis],
});
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
}
ASSET_SECONDS = 3600
ASSET_MEDIA_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def add_pages(app: FastAPI) -> None:
    """Serve the OpenAPI document, /docs and its files, and redirect the root to /docs."""
    static = files("fastapi_offline") / "static"
    assets = {name: ((static / name).read_bytes(), kind) for name, kind in ASSET_MEDIA_TYPES.items()}
    assets["start.js"] = (START_SCRIPT.encode(), "text/javascript")

    @cache
    def rendered() -> bytes:
        return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        """Return the OpenAPI document. It is rendered once, because it has more than a megabyte."""
        return public_document(request, rendered(), media_type="application/json", seconds=DOCUMENT_SECONDS)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        """Return the page of the API."""
        return HTMLResponse(HTML_PAGE, headers=SECURITY_HEADERS)

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        """Return a redirect from the root of the hub to the page of the API."""
        return RedirectResponse("/docs", status_code=307, headers=SECURITY_HEADERS)

    for name, (content, kind) in assets.items():
        app.add_api_route(f"/docs/assets/{name}", _asset_endpoint(content, kind), include_in_schema=False)


def _asset_endpoint(content: bytes, kind: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def asset(request: Request) -> Response:
        return public_document(request, content, media_type=kind, seconds=ASSET_SECONDS, headers=SECURITY_HEADERS)

    return asset
