"""Digests do not depend on layout."""

from __future__ import annotations

import pytest

from fairlead.documents.canonical import canonical_bytes, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "é\n"]}, '{"a":[true,null,"é\\n"],"b":1}'.encode()),
        ([1.0, 0.5, 1e21, -0.0], b"[1,0.5,1e+21,0]"),
        ([9223372036854775808, -9007199254740992], b"[9223372036854776000,-9007199254740992]"),
        # keys stand in the order of their UTF-16 code units (RFC 8785, 3.2.3)
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'.encode()),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value: object, expected: bytes) -> None:
    assert canonical_bytes(value) == expected


def test_a_digest_is_that_of_the_canonical_form() -> None:
    # printf '{}' | sha256sum
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1.0})
