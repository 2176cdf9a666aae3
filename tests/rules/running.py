"""Runs one rule over the code of an example, through the real engine."""

import re
from collections.abc import Mapping
from functools import cache

from analyzers.engine import analyze
from analyzers.model import FilePair, Finding, Report
from analyzers.models import Models, load
from analyzers.rule import Rule
from analyzers.touched import TouchedLines
from config.library import model_texts

PATH = "example.py"
MARK = re.compile(r"[ \t]*# (finding|step)$", re.MULTILINE)
Place = tuple[str, int]


@cache
def models() -> Models:
    """The models that come with the product."""
    return load(model_texts())


def plain(code: str) -> str:
    """An example without its marks."""
    return MARK.sub("", code)


def marked(files: Mapping[str, str], word: str) -> set[Place]:
    """The places of the lines that end with this mark."""
    return {
        (path, number)
        for path, code in files.items()
        for number, line in enumerate(code.split("\n"), 1)
        if (found := MARK.search(line)) and found[1] == word
    }


def report(
    rules: tuple[Rule, ...],
    files: Mapping[str, str],
    base: Mapping[str, str] | None = None,
    touched: Mapping[str, frozenset[int]] | None = None,
) -> Report:
    """The report on the files without their marks; `touched` gives the touched lines where not all are."""
    pairs = [
        FilePair(
            path=path,
            head=plain(code).encode(),
            base=plain(base[path]).encode() if base and path in base else None,
            touched=TouchedLines(touched.get(path, frozenset())) if touched is not None else None,
        )
        for path, code in files.items()
    ]
    return analyze(pairs, rules, models())


def places(findings: tuple[Finding, ...]) -> set[Place]:
    """Where the findings are reported."""
    return {(finding.path, finding.line) for finding in findings}


def steps(findings: tuple[Finding, ...]) -> set[Place]:
    """Where the traces pass, without the reported lines."""
    return {(step.path, step.line) for finding in findings for step in finding.trace.steps} - places(findings)


def repaired(code: str, findings: tuple[Finding, ...]) -> str:
    """The code after the fixes of all findings."""
    lines = plain(code).split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    text = "\n".join(lines)
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    for edit in sorted(edits, key=lambda one: one.span, reverse=True):
        begin = starts[edit.span.line - 1] + edit.span.column - 1
        end = starts[edit.span.end_line - 1] + edit.span.end_column - 1
        text = text[:begin] + edit.text + text[end:]
    return text
