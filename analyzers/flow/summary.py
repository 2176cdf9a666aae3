"""What a function does to its arguments and what it gives back, as data: it can be kept without the syntax."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import libcst as cst

from analyzers.model import Span, Step
from analyzers.syntax import constant_of

When = tuple[tuple[str, object], ...]
"""Parameters, each with a constant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sink stands: `code` is what is called there."""

    path: str
    span: Span
    definition: str
    code: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What is passed as `parameter` reaches a sink of `kind`, unless it is safe; it is made safe for `cleared`.

    `when` are further parameters, and the constants that they have to be given for that.
    """

    parameter: str
    kind: str
    cleared: frozenset[str]
    place: Place
    steps: tuple[Step, ...]
    assumed: tuple[str, ...] = ()
    when: When = ()


class Way:
    """The steps of a way, told when they are first asked for: most ways of a summary are taken by nobody.

    What tells them gives the code of the source with them.
    """

    def __init__(self, tell: Callable[[], tuple[tuple[Step, ...], str]]) -> None:
        self._tell = tell

    @cached_property
    def _told(self) -> tuple[tuple[Step, ...], str]:
        told = self._tell()
        del self._tell
        return told

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in order; syntax is needed until they have been told."""
        return self._told[0]

    @property
    def source(self) -> str:
        """The code that the value comes from."""
        return self._told[1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Way) and self.steps == other.steps

    def __hash__(self) -> int:
        return hash(self.steps)


@dataclass(frozen=True, slots=True)
class Given:
    """Something comes out: what was passed as `parameter`, or (when that is "") a value of the source kind `kind`.

    `part` is where in the result it stands, as the keys of an access path.
    """

    parameter: str
    kind: str
    cleared: frozenset[str]
    way: Way
    part: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """The names of a function's parameters: those given by place or by name, by name alone, and those for the rest.

    `defaults` are the constants that some have when they are not given.
    """

    places: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    rest: str = ""
    named: str = ""
    defaults: When = ()


def signature_of(params: cst.Parameters) -> Signature:
    """The signature of a function."""
    rest, named = params.star_arg, params.star_kwarg
    return Signature(
        tuple(one.name.value for one in (*params.posonly_params, *params.params)),
        tuple(one.name.value for one in params.kwonly_params),
        rest.name.value if isinstance(rest, cst.Param) else "",
        named.name.value if named else "",
        tuple(_defaults(params)),
    )


def _defaults(params: cst.Parameters) -> Iterator[tuple[str, object]]:
    for one in (*params.posonly_params, *params.params, *params.kwonly_params):
        value = constant_of(one.default) if one.default else one
        if not isinstance(value, cst.CSTNode):
            yield one.name.value, value


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a caller needs to know. `stops`: it never returns.

    `writes` are attributes of the first parameter; `proves` are parameters that are safe for kinds when the call
    returns at all, `tells` when its result is true, `denies` when it is false; `demands` is how tests that it
    is given have come out then.
    """

    signature: Signature = field(default_factory=Signature)
    reaches: tuple[Reach, ...] = ()
    result: tuple[Given, ...] = ()
    type: str = ""
    writes: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    proves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tells: Mapping[str, frozenset[str]] = field(default_factory=dict)
    denies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    demands: Mapping[str, str] = field(default_factory=dict)
    stops: bool = False

    def told(self) -> "Summary":
        """The same summary with every way told: no syntax is left in it."""
        for given in chain(self.result, *self.writes.values()):
            _ = given.way.steps
        return self


NOTHING = Summary()
"""The summary of a function of which nothing is known yet."""
