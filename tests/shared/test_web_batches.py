"""A large batch is parsed outside of the event loop, a usual one on it."""

import threading

import pytest

from shared.web import INLINE_BODY_BYTES, parse_batch


@pytest.mark.parametrize(("size", "is_inline"), [(INLINE_BODY_BYTES, True), (INLINE_BODY_BYTES + 1, False)])
async def test_batch_larger_than_the_limit_is_parsed_in_a_thread(size: int, is_inline: bool) -> None:
    loop_thread = threading.current_thread()
    length, thread = await parse_batch(b" " * size, lambda body: (len(body), threading.current_thread()))
    assert (length, thread is loop_thread) == (size, is_inline)


async def test_problem_of_a_large_batch_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await parse_batch(b"x" * (INLINE_BODY_BYTES + 1), int)
