"""Whether what a function calls is worth a look elsewhere: told from its text alone, before anything is fetched."""

import re
from collections.abc import Callable

from analyzers.models import Entry, Models, Sink, Source, Type
from analyzers.outline import Definition
from analyzers.source import SourceFile

Signs = list[tuple[frozenset[str], frozenset[str]]]


def bears(file: SourceFile, definition: Definition, models: Models) -> bool:
    """Whether a function may read a source, be given one or reach a sink: else no flow leads through it."""
    text = "".join(file.lines[definition.line - 1 : definition.end_line])
    if _sink_words(file, models).search(text):
        return True
    return holds_source(file.text, models) and _takes_part(file, definition, text, models)


def holds_source(text: str, models: Models) -> bool:
    """Whether a text can hold a source of any kind."""
    return any(holds(text, signs(models, kind)) for kind in {source.kind for source in models.all(Source)})


def _takes_part(file: SourceFile, definition: Definition, text: str, models: Models) -> bool:
    """Whether a function speaks of a source, is decorated, is a method that may be a handler, or is called here."""
    if definition.decorators or definition.parent or _source_words(models).search(text):
        return True
    typed = any(definition.first_parameter in (*one.types, *one.parameters) for one in models.all(Entry))
    return typed or file.text.count(f"{definition.name}(") > 1


def _source_words(models: Models) -> re.Pattern[str]:
    known: re.Pattern[str] | None = models.cache.get(_source_words)
    if known is None:
        words = {name.rpartition(".")[2] for source in models.all(Source) for name in source.names}
        known = models.cache[_source_words] = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b")
    return known


def _sink_words(file: SourceFile, models: Models) -> re.Pattern[str]:
    """The names of the calls that can be sinks in this file: of packages it speaks of, of guessed objects, builtins."""
    known: re.Pattern[str] | None = file.cache.get(_sink_words)
    if known is None:
        words = {
            name.rpartition(".")[2]
            for sink in models.all(Sink)
            for name in sink.names
            if sink.receivers or "." not in name or name.partition(".")[0] in file.text
        }
        pattern = rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\(" if words else "(?!)"
        known = file.cache[_sink_words] = re.compile(pattern)
    return known


def signs(models: Models, source_kind: str) -> Signs:
    """What a file must speak of to hold a source of this kind: a package that has one, and what carries it there.

    `flask.request.args` needs the words `flask` and `request`; the name of a builtin stands for both.
    """
    known: Signs | None = models.cache.get((signs, source_kind))
    if known is None:
        words: dict[tuple[str, ...], set[str]] = {}
        for name in (name for one in models.all(Source) if one.kind == source_kind for name in one.names):
            package, *middle, _ = name.split(".") if "." in name else (name, name)
            words.setdefault((package,), set()).add(middle[-1] if middle else package)
            makers = (made for one in models.all(Type) if one.returns == name.rpartition(".")[0] for made in one.names)
            for maker in makers:
                words.setdefault((maker.partition(".")[0],), set()).add(maker.rpartition(".")[2])
        for one in (one for one in models.all(Entry) if one.kind == source_kind):
            carriers = (*one.types, *one.attributes, *one.decorators, *one.methods, *one.bases, *one.parameters)
            words.setdefault(one.roots or one.parameters, set()).update(
                carrier.rpartition(".")[2] for carrier in carriers
            )
        known = [(frozenset(packages), frozenset(carriers)) for packages, carriers in words.items()]
        models.cache[signs, source_kind] = known
    return known


def holds(text: str, wanted: Signs) -> bool:
    """Whether a text has any of the signs."""
    return any(all(map(_says(text), pair)) for pair in wanted)


def _says(text: str) -> Callable[[frozenset[str]], bool]:
    """Whether a text holds one of some words: a plain search is many times faster than a pattern of all."""
    return lambda words: any(word in text for word in words)
