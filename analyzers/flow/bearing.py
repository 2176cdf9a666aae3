"""Whether what a function calls is worth a look elsewhere: told from its text alone, before anything is fetched."""

import re
from collections.abc import Set

from analyzers.flow.signs import may_hold
from analyzers.models import Entry, Models, Sink, Source
from analyzers.outline import Definition
from analyzers.source import SourceFile


def bears(file: SourceFile, definition: Definition, models: Models) -> bool:
    """Whether a function may read a source, be given one or reach a sink: else no flow leads through it."""
    text = "".join(file.lines[definition.line - 1 : definition.end_line])
    if _sink_words(file, models).search(text):
        return True
    return holds_source(file.words, models) and _takes_part(file, definition, text, models)


def holds_source(words: Set[str], models: Models) -> bool:
    """Whether a text of these words can hold a source of any kind."""
    return any(may_hold(words, models, kind) for kind in {source.kind for source in models.all(Source)})


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
