"""From the way of a value to the steps a reviewer reads: source first, sink last, one step a place."""

from collections.abc import Iterable

from analyzers.flow.frame import Hit, short
from analyzers.flow.value import Link
from analyzers.model import Step

STEP_LIMIT = 12


def steps_of(link: Link | None) -> tuple[Step, ...]:
    """The steps of a way, in order."""
    found: list[Step] = []
    while link is not None:
        if link.what:
            found.append(Step(link.file.path, link.file.span(link.node), link.what))
        found.extend(reversed(link.steps))
        link = link.before
    return trimmed(reversed(found))


def hit_steps(hit: Hit) -> tuple[Step, ...]:
    """The steps from the source of a hit to its sink."""
    file = hit.taint.link.file
    last = Step(file.path, file.span(hit.node), hit.what)
    return trimmed((*steps_of(hit.taint.link), last, *hit.beyond))


def assumed(hit: Hit) -> tuple[str, ...]:
    """What was taken for granted on the way, each once."""
    return tuple(dict.fromkeys((*hit.taint.link.assumed, *hit.assumed)))


def source_words(hit: Hit) -> str:
    """The code the value comes from."""
    return source_of(hit.taint.link)


def source_of(link: Link) -> str:
    """The code a way begins at."""
    while link.before is not None:
        link = link.before
    return link.source or short(link.file, link.node)


def trimmed(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps without repetitions; of a very long way the beginning and the end."""
    unique = tuple(dict.fromkeys(steps))
    if len(unique) <= STEP_LIMIT:
        return unique
    half = STEP_LIMIT // 2
    return unique[:half] + unique[-half:]
