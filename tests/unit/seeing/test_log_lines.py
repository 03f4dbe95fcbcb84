"""Lines of logs as machines and people read them: what they say, and what must not stand in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from handrail.domain.errors import InvalidInput
from handrail.seeing.logs import about
from handrail.seeing.logs.lines import JsonLines, LineFormatter, PlainLines
from handrail.seeing.logs.scrubbing import HIDDEN, Scrubber
from handrail.settings import Settings
from handrail.wiring.logs import secrets

KEY = "sk-proj-4f9XyZ0123456789abcdef"
WORDS = "My card 4111 1111 1111 1111 was stolen, call me on +49 170 1234567"
Log = Callable[[type[LineFormatter]], tuple[logging.Logger, io.StringIO]]


@pytest.fixture
def log() -> Iterator[Log]:
    made: list[tuple[logging.Logger, logging.Handler]] = []

    def make(form: type[LineFormatter]) -> tuple[logging.Logger, io.StringIO]:
        stream = io.StringIO()
        handler, logger = logging.StreamHandler(stream), logging.getLogger("tests.lines")
        handler.setFormatter(form(Scrubber(["correct-horse-battery"])))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        made.append((logger, handler))
        return logger, stream

    yield make
    for logger, handler in made:
        logger.removeHandler(handler)


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: int


def invalid(**given: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Reply(**given)
    return caught.value


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - any is wanted, with its place
        return caught


def test_a_line_is_one_object_that_says_what_it_is_about(log: Log) -> None:
    logger, stream = log(JsonLines)
    with about.about(request="r-1"), about.about(case="c-1", workflow="case-c-1", run="0f", attempt="2"):
        logger.warning("two\nlines, %d of %s", 2, "them")
    logger.info("after")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert {name: first[name] for name in first if name != "at"} == {
        "level": "WARNING",
        "logger": "tests.lines",
        "message": "two lines, 2 of them",
        "case": "c-1",
        "workflow": "case-c-1",
        "run": "0f",
        "attempt": "2",
        "request": "r-1",
    }
    assert first["at"].endswith("+00:00")
    assert "case" not in second


async def test_tasks_do_not_see_each_others_case(log: Log) -> None:
    logger, stream = log(JsonLines)

    async def work(case: str) -> None:
        with about.about(case=case):
            await asyncio.sleep(0)
            logger.info("of %s", case)

    await asyncio.gather(*(work(f"c-{number}") for number in range(5)))
    lines = list(map(json.loads, stream.getvalue().splitlines()))
    assert len(lines) == 5
    assert all(one["message"] == f"of {one['case']}" for one in lines)


def test_a_name_that_no_line_carries_is_refused() -> None:
    with pytest.raises(ValueError, match="carries no 'text'"), about.about(text=WORDS):
        pass


@pytest.mark.parametrize("form", [JsonLines, PlainLines])
@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("asked https://model.example/v1?api_key=%s&x=1", KEY),
        ("asked https://ann:%s@model.example/v1", "correct-horse-battery"),
        ("asked postgresql://handrail:%s@db/handrail", "p4ssw0rd!"),
        ("sent {'Authorization': 'Bearer %s', 'accept': '*/*'}", KEY),
        ("sent authorization: Basic %s", "YW5uOmNvcnJlY3Q="),
        ("header x-api-key: %s", "abcd1234efgh"),
        ("it is %s", KEY),
        ("it is %s", "hr_live_abcdefghijkl_" + "A" * 43),
        ("it is %s", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("it is %s", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
        ("what the settings hold: %s", "correct-horse-battery"),
        ("failed: %s", raised(RuntimeError(f"no answer from https://x.example/?key={KEY}"))),
        ("failed: %s", raised(ConnectionError(f"GET https://x.example/?token={KEY}"))),
        ("failed: %s", raised(InvalidInput(f"text: {WORDS!r} is no order"))),
        ("failed: %s", invalid(text=WORDS)),
        ("failed: %s", str(invalid(text=WORDS))),
        ("failed: %s", invalid(text=1, **{"4111 1111 1111 1111": 1})),
    ],
)
def test_neither_secrets_nor_customers_words_stand_in_a_line(
    log: Log, form: type[LineFormatter], words: str, given: object
) -> None:
    logger, stream = log(form)
    logger.warning(words, given)
    if isinstance(given, BaseException):
        try:
            raise RuntimeError(f"around {given}") from given
        except RuntimeError:
            logger.exception("it failed")
    said = stream.getvalue()
    for secret in (KEY, "correct-horse", "p4ssw0rd", "YW5uOmNvcnJlY3Q", "abcd1234", "AAAAAA", "MfKQ9r", "c2lnbmF0dXJl"):
        assert secret not in said
    for part in ("4111", "stolen", "1234567"):
        assert part not in said
    assert HIDDEN in said or isinstance(given, BaseException)


def test_an_error_is_told_by_kind_and_place(log: Log) -> None:
    logger, stream = log(JsonLines)
    try:
        try:
            Reply(text=WORDS)
        except ValidationError as error:
            raise KeyError(WORDS) from error
    except KeyError:
        logger.exception("a turn failed")
    (outer, inner) = json.loads(stream.getvalue())["trace"]
    assert outer["error"] == "KeyError"
    assert inner["error"] == "ValidationError: text int_parsing"
    assert "in test_an_error_is_told_by_kind_and_place" in outer["at"][-1]


def test_people_read_words_in_columns(log: Log) -> None:
    logger, stream = log(PlainLines)
    with about.about(case="c-9"):
        logger.error("gone", exc_info=raised(ConnectionRefusedError(111, "Connection refused")))
    line, error, place = stream.getvalue().splitlines()
    assert line.split(" ", 1)[1] == "ERROR   tests.lines  gone  [case=c-9]"
    assert error.strip() == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert place.strip().endswith("in raised")


def test_every_secret_of_the_settings_is_known() -> None:
    held = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    given: dict[str, Any] = {name: SecretStr(f"X-Gateway: secret-{name}") for name in held}
    found = secrets(Settings.model_construct(**given))
    assert len(held) > 5
    assert {f"X-Gateway: secret-{name}" for name in held} | {"secret-model_headers"} == set(found)
