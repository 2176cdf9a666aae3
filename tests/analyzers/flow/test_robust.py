"""Real code of every kind: nothing crashes, everything ends, and the same question has the same answer."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

from analyzers.flow import api
from analyzers.flow.analysis import Analysis
from analyzers.outline import Kind
from analyzers.source import Project, SourceFile
from analyzers.syntax import inside
from tests.analyzers.flow.asking import models

SAMPLE = 16
PACKAGES = ("libcst", "requests", "starlette", "sqlalchemy", "click", "jinja2", "dbos")
FUNCTIONS = 8
NODES = 150


def files() -> list[Path]:
    """A fixed sample of the standard library and of installed packages, spread over both."""
    paths = sysconfig.get_paths()
    standard = sorted(Path(paths["stdlib"]).glob("*.py"))
    installed = sorted(path for name in PACKAGES for path in Path(paths["purelib"], name).rglob("*.py"))
    assert len(standard) > 100
    assert len(installed) > 100
    return [*standard[:: len(standard) // SAMPLE], *installed[:: len(installed) // SAMPLE]]


def functions(file: SourceFile) -> Iterator[cst.FunctionDef]:
    named = [one for one in file.outline.definitions if one.kind is Kind.FUNCTION]
    for one in named[:: max(1, len(named) // FUNCTIONS)]:
        found = file.function(one.qualname)
        if found:
            yield found


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_question_about_real_code_is_answered(path: Path) -> None:
    file = SourceFile(path.name, path.read_text(encoding="utf-8"), Project(models=models()))
    file.project.add(file)
    for function in functions(file):
        assert api.graph(file, function) is not None
        Analysis(models(), "user-input").review(file, function)
        first = Analysis(models(), "user-input").summary(file, function, wanted=True)
        assert first == Analysis(models(), "user-input").summary(file, function, wanted=True)
        for taken in api.acquisitions(file, function):
            assert taken.released != bool(taken.leaks)
        ask_about_nodes(file, function)


def ask_about_nodes(file: SourceFile, function: cst.FunctionDef) -> None:
    for node in list(inside(function.body))[:NODES]:
        if isinstance(node, cst.Call):
            api.held_locks(file, node)
            for arg in node.args:
                built, constant = api.text_built(file, arg.value), api.constant(file, arg.value)
                assert built is None or constant is None
        if isinstance(node, cst.Name):
            api.may_be_none(file, node)
