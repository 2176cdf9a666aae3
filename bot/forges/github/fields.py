"""Reading JSON that others wrote: only the fields that are needed, each checked, no surprise but one."""

from typing import Any, TypeVar

T = TypeVar("T")


class Odd(ValueError):
    """A field is missing or not what it should be; the message names it by its dotted path."""


def at(data: object, *road: str | int) -> object:
    """What stands at the end of a road of keys and indexes. Raises Odd where the road ends early."""
    for place, step in enumerate(road):
        try:
            data = _inside(data, step)
        except LookupError:
            raise Odd(f"has no {_dotted(road[: place + 1])}") from None
    return data


def _inside(data: object, step: str | int) -> object:
    if isinstance(data, dict):
        return data[step]
    if isinstance(data, list) and isinstance(step, int):
        return data[step]
    raise LookupError(step)


def text(data: object, *road: str | int) -> str:
    """A string."""
    return _typed(data, str, road)


def number(data: object, *road: str | int) -> int:
    """A whole number; true and false are none."""
    value = _typed(data, int, road)
    if isinstance(value, bool):
        raise Odd(f"has no number at {_dotted(road)}")
    return value


def items(data: object, *road: str | int) -> list[Any]:
    """A list."""
    return _typed(data, list, road)


def flag(data: object, *road: str | int) -> bool:
    """Whether the field is there and true."""
    return maybe(data, *road) is True


def maybe(data: object, *road: str | int) -> object:
    """What stands there, or None."""
    try:
        return at(data, *road)
    except Odd:
        return None


def maybe_text(data: object, *road: str | int) -> str:
    """The string that stands there, or ""."""
    value = maybe(data, *road)
    return value if isinstance(value, str) else ""


def maybe_number(data: object, *road: str | int) -> int | None:
    """The whole number that stands there, or None."""
    value = maybe(data, *road)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _typed(data: object, kind: type[T], road: tuple[str | int, ...]) -> T:
    value = at(data, *road)
    if not isinstance(value, kind):
        raise Odd(f"has no {kind.__name__} at {_dotted(road)}")
    return value


def _dotted(road: tuple[str | int, ...]) -> str:
    return ".".join(str(step) for step in road)
