"""Turn a schema's errors into messages: which key, what is wrong with it, and what to write instead."""

import difflib
import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from rnn_audio.errors import InputError

if TYPE_CHECKING:
    from jsonschema import ValidationError

_LONGEST_QUOTE = 80
_AS_WRITTEN = {
    "array": "a list, as in [1, 2]",
    "boolean": "true or false",
    "integer": "a whole number, without a decimal point or quotes",
    "null": "null",
    "number": "a number, without quotes and with a decimal point before an exponent (1.0e-3)",
    "object": "keys with their values",
    "string": "text, in quotes where YAML would read a number",
}
_LIMITS = {
    "minimum": "choose at least",
    "maximum": "choose at most",
    "exclusiveMinimum": "choose more than",
    "exclusiveMaximum": "choose less than",
    "minItems": "the least number of entries is",
    "maxItems": "the largest number of entries is",
}


def require_valid(instance: Any, schema: Mapping[str, Any], prefix: str) -> None:  # noqa: ANN401 (any YAML value)
    """Check a value against a schema.

    Args:
        instance: the value.
        schema: the schema.
        prefix: the value's name in messages, such as `config`.

    Raises:
        InputError: naming the key, what is wrong with it, and what is allowed.
    """
    from jsonschema.exceptions import best_match

    error = best_match(_validator()(schema).iter_errors(instance))
    if error is None:
        return
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    raise InputError(f"{prefix}{path}: {_explain(error)}")


def without_references(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its definitions in place of their references, which take long to look up at each value.

    Args:
        schema: the schema; each `$ref` names one of its `$defs`, and none contains itself.
    """
    written_out: dict[str, Any] = {}

    def write_out(part: Any) -> Any:  # noqa: ANN401 (any YAML value)
        if isinstance(part, list):
            return [write_out(item) for item in part]
        if not isinstance(part, dict):
            return part
        own = {key: write_out(value) for key, value in part.items() if key not in ("$ref", "markdownDescription")}
        if "$ref" not in part:
            return own
        name = part["$ref"].rpartition("/")[2]
        if name not in written_out:
            written_out[name] = write_out(schema["$defs"][name])
        return own | {"allOf": [written_out[name]]} if own else written_out[name]

    return write_out(schema)


def require_text_keys(value: Any, place: str) -> None:  # noqa: ANN401 (any YAML value)
    """Refuse keys that are not text, such as unquoted numbers; raises an InputError that names the mapping."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            require_text_keys(item, f"{place}[{index}]")
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if not isinstance(key, str):
            raise InputError(
                f"{place}: the key {key!r} is not text; put it into quotes (YAML reads yes, no, on, off as true, false)"
            )
        require_text_keys(item, f"{place}.{key}")


def hint(name: str, known: Iterable[str]) -> str:
    """What to choose instead of an unknown name: the nearest known one, or any of them."""
    guesses = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean '{guesses[0]}'?" if guesses else f"choose from {', '.join(known) or 'none'}"


def _explain(error: "ValidationError") -> str:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        return f"unknown key '{unknown[0]}'; {hint(str(unknown[0]), known)}"
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"the key '{missing[0]}' is missing; add it"
    description = schema.get("description")
    if error.validator == "not":
        return f"it must be {description}"
    message = error.message.replace(repr(error.instance), _shortened(error.instance))
    remedy = f"it must be {description}" if description else _remedy(error)
    return f"{message}; {remedy}" if remedy else message


def _shortened(value: Any) -> str:  # noqa: ANN401 (any YAML value)
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


def _remedy(error: "ValidationError") -> str:
    """What to write instead of a value that violates one of the schema's keywords."""
    limit = error.validator_value
    if error.validator == "type":
        kinds = [limit] if isinstance(limit, str) else limit
        return f"write {' or '.join(_AS_WRITTEN[kind] for kind in kinds)}"
    if error.validator in _LIMITS:
        return f"{_LIMITS[error.validator]} {limit}"
    if error.validator == "enum":
        return hint(str(error.instance), [str(choice) for choice in limit])
    return "remove the duplicates" if error.validator == "uniqueItems" else ""


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer too large for a floating-point number
        return False


@cache
def _validator() -> type:
    """JSON Schema with stricter types: 8.0 is not an integer, and NaN and infinities are not numbers."""
    from jsonschema import Draft202012Validator, validators

    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda _, value: (
                isinstance(value, int | float) and not isinstance(value, bool) and _finite(value)
            ),
        }
    )
    return validators.extend(Draft202012Validator, type_checker=types)
