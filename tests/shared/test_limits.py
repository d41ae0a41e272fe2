"""A limit is a number for the code and a row for people."""

import copy
import json
import pickle

from pydantic import BaseModel, Field

from shared.limits import Limit, LimitSubject

LINES = Limit(3, "lines", subject=LimitSubject.PERMITS, meaning="Lines", beyond="422 `too-long`", setting="X_LINES")


class _Bounded(BaseModel):
    values: list[int] = Field(max_length=LINES)


def test_limit_in_code_is_plain_number() -> None:
    """Comparison, arithmetic, text and JSON see the number alone."""
    assert (LINES > 2, LINES + 1, f"{LINES}", json.dumps({"most": LINES})) == (True, 4, "3", '{"most": 3}')
    assert _Bounded.model_json_schema()["properties"]["values"]["maxItems"] == 3


def test_limit_copy_keeps_words() -> None:
    """Pydantic copies defaults, and a process pool pickles: neither loses what a limit says."""
    for copied in (copy.copy(LINES), copy.deepcopy(LINES), pickle.loads(pickle.dumps(LINES))):
        assert (copied, vars(copied)) == (3, vars(LINES))
