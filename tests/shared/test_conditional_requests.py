"""The header If-Match lists versions. The hub refuses a change if the present version is not in the list."""

import pytest

from shared.conditional_requests import ANY_VERSION, parse_if_match, render_etag, require_if_match
from shared.problems import Conflict, Invalid


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', '"2", "3"', "3", "*", " * ", None])
def test_condition_with_present_version_is_fulfilled(header: str | None) -> None:
    parse_if_match(header).require(3)


@pytest.mark.parametrize("header", ['"2"', '"3a"', "abc", "", '"33"', '"3', '"9999999999"'])
def test_condition_with_another_version_is_refused(header: str) -> None:
    with pytest.raises(Conflict) as refused:
        parse_if_match(header).require(3)
    assert refused.value.code == "version-stale"


@pytest.mark.parametrize(("header", "beginning"), [
    ('"99"', "If-Match names version 99. The present version is 3. "),
    ('"2", "1"', "If-Match names version 1, 2. The present version is 3. "),
    ("abc", "If-Match names no version of the hub. The present version is 3. "),
])  # fmt: skip
def test_refused_condition_names_the_sent_and_the_present_version(header: str, beginning: str) -> None:
    with pytest.raises(Conflict) as refused:
        parse_if_match(header).require(3)
    assert refused.value.detail.startswith(beginning)


@pytest.mark.parametrize("header", [None, ""])
def test_required_condition_that_is_missing_is_refused(header: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        require_if_match(header)
    assert refused.value.code == "version-missing"


def test_required_condition_with_rendered_etag_is_fulfilled() -> None:
    require_if_match(render_etag(7)).require(7)
    assert require_if_match("*") == ANY_VERSION
