"""The arguments of a call, evaluated, and how the models pick among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from analyzers.flow.frame import Frame, constant_key
from analyzers.flow.value import CONFLICT, Value
from analyzers.models import ANY, RECEIVER, Argument
from analyzers.syntax import last_name


@dataclass(frozen=True, slots=True)
class Given:
    """One argument: its position or keyword ("*" and "**" for starred ones), its code and its value."""

    position: int
    keyword: str
    star: str
    node: cst.BaseExpression
    value: Value

    @property
    def key(self) -> str | None:
        """The argument as a constant key of a container."""
        return None if self.star else constant_key(self.node)


@dataclass(frozen=True, slots=True)
class Called:
    """One call at `node`, with everything about it evaluated; `func` is what is called there, by whomever."""

    node: cst.Call
    func: cst.BaseExpression
    name: str | None
    receiver: Value | None
    given: tuple[Given, ...]

    @property
    def method(self) -> str:
        """The last part of what is called."""
        return last_name(self.func)

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of the object the method is called on."""
        return self.receiver is None or self.receiver.type in ("", CONFLICT)


def gather(frame: Frame, node: cst.Call) -> tuple[Given, ...]:
    """Evaluate the arguments in order."""
    return arguments(frame, node.args)


def arguments(frame: Frame, args: Iterable[cst.Arg]) -> tuple[Given, ...]:
    """Evaluate these arguments in order."""
    return tuple(
        Given(position, arg.keyword.value if arg.keyword else "", arg.star, arg.value, frame.value(arg.value))
        for position, arg in enumerate(args)
    )


def select(
    frame: Frame, arguments: Iterable[Argument], given: tuple[Given, ...], node: cst.Call, receiver: Value | None
) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The arguments a model speaks of, with their values."""
    for argument in arguments:
        if argument == RECEIVER:
            if receiver is not None and isinstance(node.func, cst.Attribute):
                yield node.func.value, receiver
            continue
        for one in given:
            if argument == ANY or _is(one, argument, given):
                yield one.node, _unstarred(frame, one, argument)


def _unstarred(frame: Frame, one: Given, argument: Argument) -> Value:
    """What a starred argument gives: of a mapping what it has at the name that is asked for."""
    if one.star == "**":
        named = isinstance(argument, str) and argument != ANY
        return frame.part(one.node, one.value, f"[{argument!r}]") if named else one.value.item()
    return one.value.element() if one.star else one.value


def _is(one: Given, argument: Argument, given: tuple[Given, ...]) -> bool:
    if isinstance(argument, str):
        return one.keyword == argument or one.star == "**"
    if one.keyword or one.star == "**":
        return False
    first_star = next((other.position for other in given if other.star == "*"), None)
    if one.star == "*":
        return argument >= one.position
    return one.position == argument and (first_star is None or one.position < first_star)
