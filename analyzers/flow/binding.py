"""Which parameter of a function each argument of a call is for."""

from collections.abc import Iterator
from dataclasses import replace

from analyzers.flow.given import Given
from analyzers.flow.summary import Signature
from analyzers.flow.value import CLEAN, join


def bind(signature: Signature, given: tuple[Given, ...], *, skip: bool) -> Iterator[tuple[str, Given]]:
    """The parameters with what they are given; those that are written out come last, and count."""
    places = signature.places[1:] if skip else signature.places
    known = (*places, *signature.names)
    starred: dict[str, Given] = {}
    for one in given:
        for key, name in _unpacked(one, places, known):
            value = one.value.part(key)
            starred[name] = replace(one, value=join(starred[name].value, value) if name in starred else value)
    yield from starred.items()
    yield from _bind_rest(signature, given, places, known)
    for one in given:
        if one.keyword in known or (one.keyword and not signature.named):
            yield one.keyword, one
        elif not one.star and not one.keyword and one.position < len(places):
            yield places[one.position], one


def _unpacked(one: Given, places: tuple[str, ...], known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The keys in a starred argument, each with the parameter that it is for."""
    if one.star == "**":
        yield from ((f"[{name!r}]", name) for name in known)
    elif one.star:
        yield from ((f"[{place}]", name) for place, name in enumerate(places[one.position :]))


def _bind_rest(
    signature: Signature, given: tuple[Given, ...], places: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[tuple[str, Given]]:
    """What `*args` and `**kwargs` are given."""
    rest, named = CLEAN, CLEAN
    last: Given | None = None
    for one in given:
        if not one.value.dirty:
            continue
        if one.star == "**" or (one.keyword and one.keyword not in known):
            named = join(named, one.value) if one.star else named.with_part(f"[{one.keyword!r}]", one.value)
        elif one.star:
            rest = join(rest, one.value)
        elif not one.keyword and one.position >= len(places):
            rest = rest.with_part(f"[{one.position - len(places)}]", one.value)
        else:
            continue
        last = one
    if last and signature.rest and rest.dirty:
        yield signature.rest, replace(last, value=rest)
    if last and signature.named and named.dirty:
        yield signature.named, replace(last, value=named)
