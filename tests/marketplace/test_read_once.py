"""What is read once for a page, and again each time where it may change on the way."""

from __future__ import annotations

from itertools import count

import pytest
from flask import Flask

from marketplace import persistence
from marketplace.read_once import read_once


@pytest.mark.parametrize(("writes", "answers"), [(False, [0, 0, 1]), (True, [0, 1, 2])])
def test_once_for_a_request_that_writes_nothing(
    writes: bool, answers: list[int], app: Flask
) -> None:
    numbers = count()
    with app.test_request_context("/"):
        persistence.expect_writing(writes)
        read = [
            read_once(("number", 1), lambda: next(numbers)),
            read_once(("number", 1), lambda: next(numbers)),
            read_once(("number", 2), lambda: next(numbers)),
        ]
        persistence.expect_writing(False)

    assert read == answers


def test_each_request_and_each_command_reads_anew(app: Flask) -> None:
    numbers = count()

    def read() -> int:
        return read_once(("number", 1), lambda: next(numbers))

    with app.test_request_context("/"):
        first = read()
    with app.test_request_context("/"):
        second = read()

    assert (first, second, read(), read()) == (0, 1, 2, 3)
