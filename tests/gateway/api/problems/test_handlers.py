"""The pages of problem codes over HTTP."""

import base64
import hashlib
import json
import re

import pytest

from services.gateway.api.problems.pages import CONTENT_SECURITY_POLICY
from shared.contracts.problems.catalogue import PROBLEM_CODES, PROBLEM_GROUPS
from tests.gateway.conftest import RunningGateway

JSON = {"Accept": "application/json"}


async def test_problem_page_of_each_code_shows_all_parts(alone: RunningGateway, subtests: pytest.Subtests) -> None:
    for code, entry in PROBLEM_CODES.items():
        with subtests.test(code):
            page = await alone.http.get(f"/problems/{code}")
            assert page.status_code == 200
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            text = _text(page.text)
            for part in (code, str(entry.status), entry.meaning, *entry.causes, *(s.action for s in entry.steps)):
                assert part.replace("`", "") in text
            assert f'"type": "{alone.settings.issuer}/problems/{code}"' in text
            assert json.dumps(entry.example, ensure_ascii=False) in text


async def test_problem_page_is_public_cacheable_and_loads_nothing(alone: RunningGateway) -> None:
    for path in ("/problems", "/problems/not-found"):
        page = await alone.http.get(path)
        assert page.headers["cache-control"] == "public, max-age=3600"
        assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "default-src 'none'" in CONTENT_SECURITY_POLICY and "unsafe" not in CONTENT_SECURITY_POLICY
        assert page.headers["vary"] == "Accept"
        [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
        assert not re.search(r'<script|style="|src=|url\(|@import|https?://(?!127\.0\.0\.1)', page.text)


async def test_problem_list_leads_to_every_page(alone: RunningGateway) -> None:
    page = await alone.http.get("/problems")
    assert set(re.findall(r'href="problems/([a-z-]+)"', page.text)) == PROBLEM_CODES.keys()
    assert all(heading in page.text for heading in PROBLEM_GROUPS)
    one = await alone.http.get("/problems/not-found")
    for link in re.findall(r'href="([^"]+)"', one.text):
        if not link.startswith("data:"):
            assert (await alone.http.get(f"/problems/{link}")).status_code == 200, link


async def test_problem_page_is_json_for_a_client_that_prefers_it(alone: RunningGateway) -> None:
    found = (await alone.http.get("/problems/reference-taken", headers=JSON)).json()
    entry = PROBLEM_CODES["reference-taken"]
    assert (found["status"], found["title"], found["meaning"]) == (409, "Conflict", entry.meaning)
    assert found["steps"][0] == {"by": "You", "action": entry.steps[0].action}
    assert found["type"] == found["example"]["type"] == f"{alone.settings.issuer}/problems/reference-taken"
    listed = (await alone.http.get("/problems", headers=JSON)).json()
    assert {one["code"] for one in listed["data"]} == PROBLEM_CODES.keys() and listed["next_cursor"] is None
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json;q=0.5, text/html"):
        page = await alone.http.get("/problems/reference-taken", headers={"Accept": accept})
        assert page.headers["content-type"].startswith("text/html"), accept


async def test_problem_page_of_an_unknown_code_is_404(alone: RunningGateway) -> None:
    for code in ("no-such-code", "Not-Found", "%3Cscript%3E"):
        missing = await alone.http.get(f"/problems/{code}")
        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
        assert "GET /problems" in missing.json()["detail"]


def _text(page: str) -> str:
    """Return the text of a page, without its tags."""
    plain = re.sub(r"<[^>]+>", "", page)
    for entity, character in (("&quot;", '"'), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(entity, character)
    return plain
