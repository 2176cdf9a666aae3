"""Which kinds of sinks a text may call, going by its words: by what the call of a sink ends in, and what is near it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from analyzers.glimpse import Passage, Shape, is_near, shape_in
from analyzers.models import Alias, Models, Sink


@dataclass(frozen=True, slots=True)
class _Way:
    """What a text shows where its word is that of a sink: its name, or a receiver by which it is guessed."""

    shape: Shape | None = None
    receivers: frozenset[str] = frozenset()

    def shown(self, word: str, passage: Passage) -> bool:
        """Whether the text shows it."""
        if self.shape is None:
            return any(one.lower().strip("_") in self.receivers for one in passage.written)
        if self.shape.before or self.shape.packages:
            return is_near(passage, self.shape)
        return word not in passage.written or _plain(word).search(passage.text) is not None


Ways = Mapping[str, Mapping[_Way, frozenset[str]]]


def kinds_in(passage: Passage, models: Models) -> frozenset[str]:
    """The kinds of sinks that a text may call."""
    every, found = _ways(models), frozenset[str]()
    for word in passage.words & every.keys():
        for way, kinds in every[word].items():
            if not kinds <= found and way.shown(word, passage):
                found |= kinds
    return found


@cache
def _plain(word: str) -> re.Pattern[str]:
    """The name of a builtin, behind no dot but that of its module."""
    return re.compile(rf"(?:(?<![.\w])|\bbuiltins\.){re.escape(word)}\b")


def _ways(models: Models) -> Ways:
    """The kinds of sinks by the last words of their names, and by what is near those."""
    known: Ways | None = models.cache.get(_ways)
    if known is None:
        found: dict[str, dict[_Way, frozenset[str]]] = {}
        for sink in models.all(Sink):
            for word, way in _ways_of(models, sink):
                own = found.setdefault(word, {})
                own[way] = own.get(way, frozenset()).union(sink.kinds)
        known = models.cache[_ways] = found
    return known


def _ways_of(models: Models, sink: Sink) -> Iterator[tuple[str, _Way]]:
    for own in sink.names:
        for name in (own, *_other_names(models, own)):
            yield _last(name), _Way(shape_in(models, name))
        if sink.receivers:
            yield _last(own), _Way(receivers=frozenset(sink.receivers))


def _other_names(models: Models, name: str) -> Iterator[str]:
    """The names that are other ones for this name, or for what it begins with."""
    for alias in models.all(Alias):
        if f"{name}.".startswith(f"{alias.to}."):
            yield from (other + name[len(alias.to) :] for other in alias.names)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
