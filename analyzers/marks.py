"""The name of a finding without line numbers: it survives moved lines, re-indenting, rebases and renamed files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from analyzers.model import Finding
from analyzers.source import SourceFile
from analyzers.text import bare

LENGTH = 16


@dataclass(frozen=True, slots=True)
class Key:
    """What a finding is about: its rule, its definition, and its code without what a formatter may change."""

    rule: str
    definition: str
    code: str

    @property
    def loose(self) -> tuple[str, str]:
        """The same without the definition: code that moved keeps it."""
        return self.rule, self.code


def key(finding: Finding, file: SourceFile) -> Key:
    """The key of a finding in its file."""
    return Key(finding.rule, finding.definition, bare(file.text_of(finding.span)))


def marked(findings: Sequence[Finding], file: SourceFile, path: str) -> list[Finding]:
    """The findings in line order, each with its mark. `path` is the old path of a renamed file."""
    seen: Counter[Key] = Counter()
    done = []
    for finding in sorted(findings, key=lambda finding: (finding.span, finding.rule)):
        about = key(finding, file)
        done.append(replace(finding, mark=mark(about, path, seen[about])))
        seen[about] += 1
    return done


def mark(about: Key, path: str, occurrence: int) -> str:
    """16 hexadecimal digits; `occurrence` counts equal keys in line order from 0."""
    parts = (about.rule, path, about.definition, about.code, str(occurrence))
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
