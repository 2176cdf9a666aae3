"""What functions and methods of containers give: keys, elements and parts, each kept apart from the others."""

from collections.abc import Callable, Iterable

from analyzers.flow.given import Given
from analyzers.flow.value import ANY_ITEM, CLEAN, Value, join


def many(element: Value) -> Value:
    """Something that gives this element whenever it is asked for one."""
    return CLEAN.with_part(ANY_ITEM, element) if element.fields else Value(taints=element.taints)


def row(parts: Iterable[Value]) -> Value:
    """A tuple of these parts."""
    whole = CLEAN
    for position, part in enumerate(parts):
        whole = whole.with_part(f"[{position}]", part) if part.dirty else whole
    return whole


def gone_through(name: str | None, given: tuple[Given, ...]) -> Value | None:
    """What a function gives that goes through containers; None when it is no such function, or nothing is in them."""
    through = FUNCTIONS.get((name or "").removeprefix("builtins."))
    values = [one.value for one in given if not one.keyword]
    plain = through and values and not any(one.star for one in given)
    return through(values) if through and plain and any(value.fields for value in values) else None


def taken_from(method: str, receiver: Value) -> Value | None:
    """What a method of a mapping gives whose entries are known; None when it is no such method."""
    if not receiver.fields:
        return None
    match method:
        case "keys":
            return many(receiver.element())
        case "values":
            return many(receiver.item())
        case "items":
            return many(row((receiver.element(), receiver.item())))
    return None


def _listed(values: list[Value]) -> Value:
    return many(values[0].element())


FUNCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "enumerate": lambda values: many(row((CLEAN, values[0].element()))),
    "zip": lambda values: many(row(value.element() for value in values)),
    "next": lambda values: join(values[0].element(), CLEAN if len(values) == 1 else values[1]),
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"), _listed),
}
