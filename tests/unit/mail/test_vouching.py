"""Who is believed about a sender: one named server, its topmost word, about exactly the domain that people see."""

from __future__ import annotations

import pytest

from handrail.mail.reading.vouching import vouched

ANN = "ann@example.com"


@pytest.mark.parametrize(
    ("result", "passed"),
    [
        ("mx.shop; dmarc=pass header.from=example.com", "dmarc=pass"),
        ("MX.Shop 1; spf=fail smtp.mailfrom=x; dkim=pass (2048-bit key) header.d=Example.COM header.s=s1", "dkim=pass"),
        ("mx.shop; dkim=pass header.i=@mail.example.com; spf=pass smtp.mailfrom=bounce@example.com", "spf=pass"),
        ('mx.shop; dkim/1=pass reason="good; signature" header.d=example.com', "dkim=pass"),
        ("mx.shop; dkim=pass header.d=evil.example", ""),
        ("mx.shop; dkim=pass header.d=com", ""),
        ("mx.shop; dkim=pass header.d=ample.com", ""),
        ("mx.shop; spf=pass smtp.mailfrom=evil.example", ""),
        ("mx.shop; spf=pass smtp.helo=example.com", ""),
        ("mx.shop; dmarc=fail header.from=example.com", ""),
        ("mx.shop; arc=pass header.from=example.com", ""),
        ("mx.shop; none", ""),
        ("mx.shop", ""),
        ("", ""),
        ("mx.evil; dmarc=pass header.from=example.com", ""),
        ("mx.shop.evil; dmarc=pass header.from=example.com", ""),
        ("mx.shop; dmarc=fail (x; dmarc=pass header.from=example.com)", ""),
        (r"mx.shop; dmarc=fail (x \) ; dmarc=pass header.from=example.com)", ""),
        ('mx.shop; dmarc=fail reason="x; dmarc=pass header.from=example.com"', ""),
        (r'mx.shop; spf=fail smtp.mailfrom="a\"; dmarc=pass header.from=example.com; \""@x', ""),
        ("mx.shop; dmarc=fail (unclosed; dmarc=pass header.from=example.com", ""),
        ('"mx.shop;" ; dmarc=pass header.from=example.com', ""),
        ("mx.shop; dmarc=pass header.from=evil.example header.from=example.com", ""),
        ("mx.shop; x dmarc=pass header.from=example.com", ""),
    ],
)
def test_one_result(result: str, passed: str) -> None:
    assert vouched([result], "mx.shop", ANN) == passed


def test_only_the_topmost_word_of_the_named_server_counts() -> None:
    failed, passed = "mx.shop; dmarc=fail header.from=example.com", "mx.shop; dmarc=pass header.from=example.com"
    stranger = passed.replace("mx.shop", "mx.evil")
    assert vouched([failed, passed], "mx.shop", ANN) == ""
    assert vouched([stranger, passed, failed], "mx.shop", ANN) == "dmarc=pass"
    assert vouched([passed], "", ANN) == ""
    assert vouched([passed], "mx.shop", None) == ""
    assert vouched([passed], "mx.shop", "eve@evil.example") == ""
