"""The content of a usual permit is parsed once, that of a long one at each read: memory stays bounded."""

from services.permits.store.from_row import CACHED_CONTENT, permit_content_from_json
from tests.permits.sample_data import permit_content


def test_content_of_a_usual_permit_is_parsed_once() -> None:
    text = permit_content().model_dump_json()
    assert permit_content_from_json(text) is permit_content_from_json(text)


def test_content_of_a_long_permit_is_not_kept() -> None:
    text = permit_content().model_dump_json() + " " * CACHED_CONTENT
    assert permit_content_from_json(text) is not permit_content_from_json(text)
