"""Syntax that libcst knows is analysed, whatever `ast` of the running Python knows; what neither knows is refused."""

import pytest

from analyzers.catalog import all_rules
from analyzers.engine import analyze
from analyzers.model import FilePair, FileReport, Status
from analyzers.models import load
from analyzers.source import SourceFile
from analyzers.touched import TouchedLines
from bot.sandbox import Sandbox
from config.library import model_texts
from config.settings import LimitSettings
from tests.analyzers.torture import NEWER

NEEDED = """
import sqlite3
import yaml
from flask import request

class Store[T]:
    type Row[U] = dict[str, U]

    def __init__(self, path: str):
        self.connection = sqlite3.connect(path)

    def find[U](self, words: U) -> T:
        name = request.args["name"]
        return self.connection.execute(f"select * from t where n = '{name}' {' '.join(f"{w}" for w in words)}")

def read[T = str](text: T):
    try:
        return yaml.load(text, yaml.Loader)
    except* ValueError as group:
        raise group
"""
MODELS = load(model_texts())


def reported(text: str, touched: TouchedLines | None = None) -> FileReport:
    (report,) = analyze([FilePair("app/store.py", text.encode(), None, touched)], all_rules(), MODELS).files
    return report


def line_of(words: str) -> int:
    return next(number for number, line in enumerate(NEEDED.split("\n"), 1) if words in line)


def test_a_file_in_newer_syntax_is_analysed_whole_with_every_line_right() -> None:
    report = reported(NEEDED)
    assert (report.status, report.reason) == (Status.ANALYSED, "")
    found = {finding.line: finding for finding in report.findings}
    assert sorted(found) == [line_of("self.connection.execute"), line_of("yaml.load")]
    steps = found[line_of("self.connection.execute")].trace.steps
    assert steps[0].span.line == line_of("request.args")
    assert found[line_of("yaml.load")].definition == "read"


def test_in_newer_syntax_only_what_is_touched_is_reported() -> None:
    line = line_of("yaml.load")
    report = reported(NEEDED, TouchedLines(frozenset({line}), frozenset(), ((line, line),)))
    assert [finding.line for finding in report.findings] == [line]


def test_the_sandbox_analyses_newer_syntax_too() -> None:
    sandbox = Sandbox(LimitSettings(), 1)
    try:
        (report,) = sandbox.analyze([FilePair("app/store.py", NEEDED.encode(), None, None)]).files
    finally:
        sandbox.close()
    assert report == reported(NEEDED)


@pytest.mark.parametrize("name", NEWER)
def test_all_newer_syntax_is_analysed(name: str) -> None:
    report = reported(f"{NEWER[name]}\nimport yaml\ndef last(t): return yaml.load(t, yaml.Loader)\n")
    assert (report.status, report.reason) == (Status.ANALYSED, "")
    loads = [finding.line for finding in report.findings if finding.rule == "unsafe-yaml-load"]
    assert loads == [NEWER[name].count("\n") + 3]


@pytest.mark.parametrize(
    "text", ["x = 1\ny = a ?? b\n", "def f(:\n    pass\n", "x = 1\n\0", "class A[T\n", "print 'x'\n"]
)
def test_what_no_parser_knows_is_called_unreadable_with_its_line(text: str) -> None:
    report = reported(text)
    assert report.status is Status.UNREADABLE
    assert "line " in report.reason or "null" in report.reason


@pytest.mark.parametrize("text", ["yaml.load(tr'{y}')\n", "yaml.load(t'{y}' t'{z}')\n"])
def test_what_only_the_newest_python_knows_is_called_unreadable(text: str) -> None:
    """`ast` of 3.14 reads these, libcst 1.9 does not; where no rule has anything to look for, nobody misses it."""
    report = reported(f"import yaml\n{text}")
    assert report.status is Status.UNREADABLE
    assert "line" in report.reason


def test_the_outline_of_newer_syntax_knows_what_the_other_knows() -> None:
    file = SourceFile("x.py", NEEDED)
    names = [(one.qualname, one.line, one.head, one.end_line, one.first_parameter) for one in file.outline.definitions]
    assert names == [
        ("Store", 6, 6, 14, ""),
        ("Store.__init__", 9, 9, 10, "self"),
        ("Store.find", 12, 12, 14, "self"),
        ("read", 16, 16, 20, "text"),
    ]
