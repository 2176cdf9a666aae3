"""What a process remembers of the texts it reads, from one change to the next. No answer changes, only what it costs.

Everything is kept by the hash of the text it was drawn from, and bounded: the least recently used goes first.
"""

import hashlib
from collections import OrderedDict
from typing import Any

from analyzers.outline import Outline, outline

# A character of source costs some hundred bytes as a tree: these are about 40 MB.
OUTLINE_CHARACTERS = 400_000
LONGEST_OUTLINE = 100_000
SUMMARIES = 2_000


def digest(text: str) -> bytes:
    """What names a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memory:
    """Outlines, and summaries of functions made with one set of models. Not for several threads."""

    def __init__(self, models: Any) -> None:
        self.models = models
        self._outlines: OrderedDict[tuple[bytes, str], tuple[int, Outline]] = OrderedDict()
        self._characters = 0
        self._summaries: OrderedDict[Any, Any] = OrderedDict()

    def outline(self, text: str, package: str) -> Outline:
        """See outline.outline; a long text is not remembered. Raises Unreadable."""
        if len(text) > LONGEST_OUTLINE:
            return outline(text, package)
        key = (digest(text), package)
        if key not in self._outlines:
            self._outlines[key] = (len(text), outline(text, package))
            self._characters += len(text)
            while self._characters > OUTLINE_CHARACTERS:
                self._characters -= self._outlines.popitem(last=False)[1][0]
        self._outlines.move_to_end(key)
        return self._outlines[key][1]

    def summary(self, key: object) -> Any:
        """What was kept under a key, or None."""
        if key in self._summaries:
            self._summaries.move_to_end(key)
        return self._summaries.get(key)

    def keep(self, key: object, summary: object) -> None:
        """Remember, and forget what was not asked for longest."""
        self._summaries[key] = summary
        self._summaries.move_to_end(key)
        if len(self._summaries) > SUMMARIES:
            self._summaries.popitem(last=False)
