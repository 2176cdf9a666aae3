"""What a function does to its arguments and what it gives back, as data: no syntax, so that it can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analyzers.model import Span, Step


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sink stands: `code` is what is called there."""

    path: str
    span: Span
    definition: str
    code: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What is passed as `parameter` reaches a sink of `kind`, unless it is safe; it is made safe for `cleared`."""

    parameter: str
    kind: str
    cleared: frozenset[str]
    place: Place
    steps: tuple[Step, ...]
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Something comes out: what was passed as `parameter`, or (when that is "") a value of the source kind `kind`."""

    parameter: str
    kind: str
    cleared: frozenset[str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a caller needs to know. `stops`: it never returns.

    `writes` are attributes of the first parameter; `proves` are parameters that are safe for kinds when the call
    returns at all, `tells` when its result is true.
    """

    parameters: tuple[str, ...] = ()
    reaches: tuple[Reach, ...] = ()
    result: tuple[Given, ...] = ()
    type: str = ""
    writes: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    proves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tells: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stops: bool = False


NOTHING = Summary()
"""The summary of a function of which nothing is known yet."""
