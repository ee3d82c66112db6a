"""Declared domains of parameters: the form, the validation and the docs follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Protocol

from wc_core.errors import ConfigError
from wc_core.words import _


@dataclass(frozen=True, slots=True)
class IntRange:
    """Whole numbers from `low` to `high`, both included.

    Examples
    --------
    >>> IntRange(1, 8).allows(8), IntRange(1, 8).allows(2.5)
    (True, False)
    """

    low: int
    high: int
    label: str = field(default="", kw_only=True)
    help: str = field(default="", kw_only=True)

    def allows(self, value: object) -> bool:
        """Tell whether the value lies in the domain."""
        return (
            isinstance(value, Integral)
            and not isinstance(value, bool)
            and self.low <= int(value) <= self.high
        )

    def describe(self) -> str:
        """Return the domain in words."""
        return _("a whole number from {low} to {high}").format(low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class FloatRange:
    """Real numbers from `low` to `high`, both included."""

    low: float
    high: float
    label: str = field(default="", kw_only=True)
    help: str = field(default="", kw_only=True)

    def allows(self, value: object) -> bool:
        """Tell whether the value lies in the domain."""
        return (
            isinstance(value, Real)
            and not isinstance(value, bool)
            and self.low <= float(value) <= self.high
        )

    def describe(self) -> str:
        """Return the domain in words."""
        return _("a number from {low} to {high}").format(low=self.low, high=self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few names."""

    options: tuple[str, ...]
    label: str = field(default="", kw_only=True)
    help: str = field(default="", kw_only=True)

    def allows(self, value: object) -> bool:
        """Tell whether the value lies in the domain."""
        return value in self.options

    def describe(self) -> str:
        """Return the domain in words."""
        return _("one of {options}").format(options=", ".join(map(repr, self.options)))


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    label: str = field(default="", kw_only=True)
    help: str = field(default="", kw_only=True)

    def allows(self, value: object) -> bool:
        """Tell whether the value lies in the domain."""
        return isinstance(value, bool)

    def describe(self) -> str:
        """Return the domain in words."""
        return _("true or false")


Domain = IntRange | FloatRange | Choice | Flag


class Parametrised(Protocol):
    """Something that declares the domains of its parameters and holds a value for each."""

    @property
    def param_space(self) -> Mapping[str, Domain]:
        """Domain of each parameter."""


def check_value(owner: str, name: str, value: object, domain: Domain) -> None:
    """Raise if a value lies outside its domain.

    Raises
    ------
    ConfigError
        Names the owner, the parameter, the value and what is possible.
    """
    if not domain.allows(value):
        msg = _("{owner}: {name} must be {domain}, got {value!r}").format(
            owner=owner, name=name, domain=domain.describe(), value=value
        )
        raise ConfigError(msg)


def check_params(item: Parametrised) -> None:
    """Raise if an attribute of the item lies outside its declared domain.

    Raises
    ------
    ConfigError
        As `check_value`.
    """
    for name, domain in item.param_space.items():
        check_value(type(item).__name__, name, getattr(item, name), domain)


def check_mapping(owner: str, params: Mapping[str, Any], space: Mapping[str, Domain]) -> None:
    """Raise if a mapping names unknown parameters or holds values outside their domains.

    Raises
    ------
    ConfigError
        As `check_value`; unknown names are listed beside the known ones.
    """
    unknown = sorted(params.keys() - space.keys())
    if unknown:
        msg = _("{owner} has no parameter {unknown}; it has {known}").format(
            owner=owner, unknown=", ".join(unknown), known=", ".join(sorted(space)) or _("none")
        )
        raise ConfigError(msg)
    for name, value in params.items():
        check_value(owner, name, value, space[name])
