"""Findings of the rules on sets of files with known answers, in the form that scoring scripts read.

    python -m tests.benchmarks.suites scan ROOT OUT.jsonl        every Python file under ROOT, each line touched
    python -m tests.benchmarks.suites changes FOLDER OUT.jsonl   FOLDER/<id>/{base,head}/...: what each change causes
    python -m tests.benchmarks.suites comments FOLDER            the same, as text to be read and judged

A line of OUT is `{"path", "line", "end", "cwe", "rule"}`; paths are relative to ROOT, or `<id>/head/<file>`.
Only what a reviewer would see is written: findings from medium confidence on.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analyzers.catalog import all_rules
from analyzers.engine import analyze
from analyzers.model import Confidence, FilePair, Finding, Report
from analyzers.models import Models, load
from config.library import model_texts


def main(arguments: list[str]) -> int:
    """Run one of the three verbs of the module's docstring; the exit code."""
    match arguments:
        case ["scan", root, out]:
            _write(out, scan(Path(root)))
        case ["changes", folder, out]:
            _write(out, (row for name, report in reports(Path(folder)) for row in rows(report, f"{name}/head/")))
        case ["comments", folder]:
            for name, report in reports(Path(folder)):
                sys.stdout.writelines(comment(name, finding) for finding in shown(report))
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


def scan(root: Path) -> Iterator[dict[str, Any]]:
    """What is found in every file when every line is touched; each folder is one change."""
    models = load(model_texts())
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        paths = sorted(folder.glob("*.py"))
        pairs = [FilePair(str(path.relative_to(root)), path.read_bytes(), None, None) for path in paths]
        yield from rows(analyze(pairs, all_rules(), models))


def reports(folder: Path) -> Iterator[tuple[str, Report]]:
    """The report of each change in the folder, by its id."""
    models = load(model_texts())
    for change in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield change.name, review(change, models)


def review(change: Path, models: Models) -> Report:
    """What one change causes: `base` and `head` hold the same files; an empty base is a new file."""
    head = change / "head"
    pairs = []
    for path in sorted(path for path in head.rglob("*") if path.is_file()):
        name = str(path.relative_to(head))
        before = change / "base" / name
        base = before.read_bytes() if before.exists() else b""
        pairs.append(FilePair(name, path.read_bytes(), base or None, None))
    return analyze(pairs, all_rules(), models)


def shown(report: Report) -> list[Finding]:
    """The findings that a reviewer sees."""
    return [finding for finding in report.findings if finding.confidence.rank >= Confidence.MEDIUM.rank]


def rows(report: Report, before: str = "") -> Iterator[dict[str, Any]]:
    """The findings as rows for the scoring scripts."""
    for finding in shown(report):
        yield {
            "path": before + finding.path,
            "line": finding.line,
            "end": finding.span.end_line,
            "cwe": list(finding.cwe),
            "rule": finding.rule,
        }
    for file in report.files:
        if file.reason:
            sys.stderr.write(f"{before}{file.path}: {file.status}: {file.reason}\n")


def comment(name: str, finding: Finding) -> str:
    """One finding to be read and judged."""
    steps = "".join(f"\n    {step.path}:{step.line} {step.what}" for step in finding.trace.steps)
    return f"{name} {finding.path}:{finding.line} [{finding.rule}] {finding.message}{steps}\n"


def _write(out: str, found: Iterator[dict[str, Any]]) -> None:
    with Path(out).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
