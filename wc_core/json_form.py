"""What all frozen configs share: a plain JSON form, read back with care."""

import json
from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from wc_core.errors import ConfigError
from wc_core.words import _


def canonical_json(data: Mapping[str, Any]) -> str:
    """Return the JSON text that is hashed and compared: sorted keys, no white space.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def parse_json(owner: str, text: str) -> Any:
    """Return what a JSON text holds.

    Raises
    ------
    ConfigError
        If the text is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = _("{owner}: this is not JSON: {error}")
        raise ConfigError(msg.format(owner=owner, error=error)) from error


def as_object(owner: str, value: Any) -> Mapping[str, Any]:
    """Return the value if it is a JSON object.

    Raises
    ------
    ConfigError
        If it is anything else.
    """
    if not isinstance(value, Mapping):
        msg = _("{owner} must be a JSON object of names and values, got {value!r}")
        raise ConfigError(msg.format(owner=owner, value=value))
    return value


def known_fields(owner: str, data: Any, cls: type) -> dict[str, Any]:
    """Return a copy of an object whose keys are all fields of a dataclass.

    Raises
    ------
    ConfigError
        If it is no object, or has other keys; they are listed beside the known ones.
    """
    known = {field.name for field in fields(cls)}
    unknown = sorted(map(str, as_object(owner, data).keys() - known))
    if unknown:
        msg = _("{owner}: unknown keys {unknown}; known are {known}")
        raise ConfigError(
            msg.format(owner=owner, unknown=", ".join(unknown), known=", ".join(sorted(known)))
        )
    return dict(data)


def shallow(config: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, their values as they are."""
    return {f.name: getattr(config, f.name) for f in fields(config)}


def finite(value: float) -> float | None:
    """Return the value, or None where JSON has no number for it (infinite, not a number)."""
    return value if isfinite(value) else None
