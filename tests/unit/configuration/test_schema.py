from typing import Any

import pytest

from rnn_audio.configuration.schema import require_valid, without_references
from rnn_audio.errors import InputError

SCHEMA = {
    "$defs": {
        "count": {"type": "integer", "minimum": 1},
        "named": {"type": "object", "required": ["name"]},
        "counts": {
            "$ref": "#/$defs/named",
            "properties": {"count": {"$ref": "#/$defs/count", "markdownDescription": ""}},
        },
    },
    "oneOf": [{"$ref": "#/$defs/counts"}, {"type": "array", "items": {"$ref": "#/$defs/count"}}],
}


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        ({"name": "a", "count": 2}, True),
        ({"name": "a", "count": 0}, False),
        ({"count": 2}, False),
        ([1, 2], True),
        ([1, 0], False),
    ],
)
def test_definitions_in_place_of_their_references_decide_alike(value: Any, is_valid: bool) -> None:  # noqa: ANN401
    for schema in (SCHEMA, without_references(SCHEMA)):
        if is_valid:
            require_valid(value, schema, "config")
        else:
            with pytest.raises(InputError):
                require_valid(value, schema, "config")


def test_no_reference_is_left() -> None:
    assert "$ref" not in str(without_references(SCHEMA))
