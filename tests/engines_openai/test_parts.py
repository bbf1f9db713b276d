"""Addresses, waits and what is known of served models, without any server."""

from datetime import UTC, datetime

import pytest

from ocroute.engines.openai.address import address
from ocroute.engines.openai.engine import limits_from
from ocroute.engines.openai.retry import Limits, retry_after, wait
from ocroute.engines.openai.served_models import served_model
from ocroute.errors import UsageError


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "needs the address of a server. Add, e.g.: --base-url http"),
        ("127.0.0.1:8000/v1", "no web address"),
        ("localhost:8000", "no web address"),
        ("ftp://host/v1", "no web address"),
        ("http://", "no web address"),
        ("http://host:port/v1", "no web address"),
        ("http://me:secret@host/v1", "may not hold a password"),
        ("http://host/v1?key=1", "holds more than an address"),
        ("http://host/v1/chat/completions", "Write: --base-url http://host/v1$"),
        ("http://host/v1/models/", "Write: --base-url http://host/v1$"),
    ],
)
def test_what_is_no_base_url(url, words):
    with pytest.raises(UsageError, match=words) as caught:
        address(url, {})
    assert "secret" not in str(caught.value)


def test_base_urls():
    made = address("http://host:8000/v1/", {})
    assert (made.url, made.root, made.local) == ("http://host:8000/v1", "http://host:8000", False)
    assert address("http://[::1]:8000/v1", {}).local
    assert address("http://localhost/v1", {}).local
    assert not address("http://10.0.0.7/v1", {}).local


def test_a_key_meant_for_another_program_does_not_travel_unencrypted():
    both = {"OPENAI_API_KEY": "theirs", "OCROUTE_API_KEY": "ours"}
    other = {"OPENAI_API_KEY": "theirs"}
    assert address("http://far.example/v1", both).key == "ours"
    assert address("http://far.example/v1", other).key == ""
    assert address("https://far.example/v1", other).key == "theirs"
    assert address("http://127.0.0.1/v1", other).key == "theirs"
    assert "theirs" not in repr(address("https://far.example/v1", other))
    with pytest.raises(UsageError, match="signs that no key has"):
        address("https://far.example/v1", {"OCROUTE_API_KEY": "line\nbreak"})


def test_waits_grow_to_a_limit_and_never_undercut_the_server():
    limits = Limits(first_wait=1.0, longest_wait=6.0)
    for done, low, high in ((1, 0.5, 1.0), (2, 1.0, 2.0), (3, 2.0, 4.0), (4, 3.0, 6.0), (9, 3.0, 6.0)):
        waits = {wait(done, None, limits) for _ in range(200)}
        assert low <= min(waits) < max(waits) <= high
        assert len(waits) > 100  # chance keeps clients apart
    assert min(wait(1, 30.0, limits) for _ in range(50)) >= 30.0


def test_retry_after_in_seconds_and_as_a_date():
    now = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
    assert retry_after("7") == 7.0
    assert retry_after("0.25") == 0.25
    assert retry_after("-3") == 0.0
    assert retry_after("Mon, 04 May 2026 12:00:30 GMT", now) == 30.0
    assert retry_after("Mon, 04 May 2026 11:00:00 GMT", now) == 0.0
    assert retry_after("soon") is retry_after("") is retry_after(None) is None


def test_the_time_for_a_page_comes_from_the_environment():
    assert limits_from({}) == Limits()
    assert limits_from({"OCROUTE_SERVER_SECONDS": "1200"}).page == 1200.0
    for wrong in ("soon", "0", "-5", "inf", "nan"):
        with pytest.raises(UsageError, match="OCROUTE_SERVER_SECONDS"):
            limits_from({"OCROUTE_SERVER_SECONDS": wrong})


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("rednote-hilab/dots.ocr", "dots.ocr"),
        ("DotsOCR", "dots.ocr"),
        ("dots.mocr", "dots.ocr"),
        ("deepseek-ai/DeepSeek-OCR", "deepseek-ocr"),
        ("deepseek-ocr:3b", "deepseek-ocr"),
        ("zai-org/GLM-OCR", "glm-ocr"),
        ("lightonai/LightOnOCR-1B-1025", "lighton-ocr"),
        ("Qwen/Qwen2-VL-2B-Instruct", "qwen-vl"),
        ("qwen2.5vl:7b", "qwen-vl"),
        ("Qwen/Qwen3-VL-8B", "qwen-vl"),
        ("gpt-4.1", "other"),
        ("Qwen/Qwen3-8B", "other"),
    ],
)
def test_families_are_known_by_name(name, family):
    assert served_model([name]).family == family


def test_what_was_loaded_tells_the_family_where_the_name_does_not():
    assert served_model(["rednote-hilab/dots.ocr", "model"]).family == "dots.ocr"
    assert served_model(["/weights/final", "dots.ocr"]).family == "dots.ocr"
