"""Pages of problem codes for people: plain HTML with one style sheet, which the page contains.

The texts are few and the layout is fixed, so escaped strings are enough: a template engine would be a new dependency.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from html import escape
from importlib.resources import files

from services.gateway.api.problems.models import ProblemDescription, ProblemSummaries, ProblemSummary
from shared.contracts.problems.catalogue import PROBLEM_GROUPS

STYLE = (files(__package__) / "style.css").read_text(encoding="utf-8")
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The browser loads nothing, and applies this one style sheet by its hash."""
_CODE = re.compile(r"`([^`]+)`")


def render_problem_page(problem: ProblemDescription) -> str:
    """Render the page of a code."""
    example = json.dumps(problem.example, indent=2, ensure_ascii=False)
    steps = (f"<li><strong>{escape(step.by)}:</strong> {_text(step.action)}</li>" for step in problem.steps)
    faults = (f"<dt><code>{escape(one.code)}</code></dt><dd>{_text(one.meaning)}</dd>" for one in problem.errors)
    body = [
        f"<h1><code>{escape(problem.code)}</code></h1>",
        f'<p class="status">{problem.status} {escape(problem.title)}</p>',
        f'<p class="meaning">{_text(problem.meaning)}</p>',
        "<h2>Why it happens</h2>",
        _element("ul", (f"<li>{_text(cause)}</li>" for cause in problem.causes)),
        "<h2>What to do next</h2>",
        _element("ul", steps),
        "<h2>Example</h2>",
        f"<pre>{escape(example)}</pre>",
    ]
    if problem.errors:
        body += [
            "<h2>Codes in <code>errors</code></h2>",
            "<p>Each place in <code>errors</code> has one of these codes.</p>",
            _element("dl", faults),
        ]
    return _page(f"{problem.code}: problems of Saola", body, root="../")


def render_list_page(problems: ProblemSummaries) -> str:
    """Render the page of all codes, by group."""
    by_code = {problem.code: problem for problem in problems.data}
    body = [
        "<h1>Problems</h1>",
        '<p class="meaning">Each refusal of the hub is a problem document (RFC 9457) with one of these codes.</p>',
        "<p>A code keeps its meaning. Your software can decide by it; <code>detail</code> is for people.</p>",
    ]
    for heading, codes in PROBLEM_GROUPS.items():
        body += [f"<h2>{escape(heading)}</h2>", _element("dl", (_list_entry(by_code[code]) for code in codes))]
    return _page("Problems of Saola", body, root="")


def _list_entry(problem: ProblemSummary) -> str:
    code = escape(problem.code)
    return (
        f'<dt><a href="problems/{code}"><code>{code}</code></a><span class="number">{problem.status}</span></dt>'
        f"<dd>{_text(problem.meaning)}</dd>"
    )


def _page(title: str, body: Iterable[str], *, root: str) -> str:
    """Render a page. `root` leads from its address to that of the hub, which may be below a path."""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        f'<header><a href="{root}problems">All problems</a><a href="{root}docs">The API</a></header>',
        _element("main", body),
        "<footer>Send the <code>request_id</code> of the problem document when you ask the operator for help.</footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _element(name: str, children: Iterable[str]) -> str:
    return "\n".join([f"<{name}>", *children, f"</{name}>"])


def _text(text: str) -> str:
    """Return a text of the catalogue as HTML: what is between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
