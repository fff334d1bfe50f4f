"""Digests do not depend on layout."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fairlead.documents.canonical import canonical_bytes, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "é\n"]}, '{"a":[true,null,"é\\n"],"b":1}'.encode()),
        ([1.0, 0.5, 1e21, -0.0], b"[1,0.5,1e+21,0]"),
        ([9223372036854775808, -9007199254740992], b"[9223372036854776000,-9007199254740992]"),
        (
            {"half": 0.5, "small": 0.0001, "smaller": 0.00001},
            b'{"half":0.5,"small":0.0001,"smaller":0.00001}',
        ),
        (['\x00\x1f\x7f"\\/\u2028', (1, True)], '["\\u0000\\u001f\x7f\\"\\\\/\u2028",[1,true]]'.encode()),
        # keys stand in the order of their UTF-16 code units (RFC 8785, 3.2.3)
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'.encode()),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value: object, expected: bytes) -> None:
    assert canonical_bytes(value) == expected


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@given(
    st.recursive(_SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=8)
)
def test_the_quick_way_writes_what_the_library_writes(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [{1: 2}, "\ud800", float("nan"), {"a": object()}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical_bytes(value)


def test_a_digest_is_that_of_the_canonical_form() -> None:
    # printf '{}' | sha256sum
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1.0})
