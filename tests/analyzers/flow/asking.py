"""Asks the flow analyses about a piece of code, with the models that come with the product."""

from collections.abc import Mapping
from functools import cache
from textwrap import dedent
from typing import TypeVar

import libcst as cst

from analyzers.flow import api
from analyzers.flow.results import Flows
from analyzers.models import Models, load
from analyzers.source import Project, SourceFile
from analyzers.syntax import inside
from config.library import model_texts

N = TypeVar("N", bound=cst.CSTNode)
PATH = "app.py"
IMPORTS = """\
import os, re, sqlite3, subprocess
from urllib.parse import urlparse
import requests
from flask import Flask, abort, make_response, redirect, request
app = Flask(__name__)
ALLOWED = {"a", "b"}
"""
FIRST_LINE = IMPORTS.count("\n")


@cache
def models() -> Models:
    """The models that come with the product."""
    return load(model_texts())


def project(files: Mapping[str, str]) -> Project:
    """Files that see each other and the models."""
    made = Project(models=models())
    for path, code in files.items():
        made.add(SourceFile(path, dedent(code)))
    return made


def file_of(code: str) -> SourceFile:
    """One file alone."""
    return project({PATH: code}).files["app"]


def flows(code: str, sink: str, name: str = "view") -> Flows:
    """What reaches sinks of a kind in a function of code that follows the usual imports."""
    file = file_of(IMPORTS + dedent(code).lstrip("\n"))
    return api.taints(file, function(file, name), "user-input", sink)


def traces(code: str, sink: str, name: str = "view") -> list[list[str]]:
    """The steps of each flow as "line: words", lines counted without the imports."""
    found = flows(code, sink, name)
    assert found.decided
    return [[f"{step.line - FIRST_LINE}: {step.what}" for step in flow.steps] for flow in found.flows]


def function(file: SourceFile, name: str) -> cst.FunctionDef:
    """A function that must be there."""
    found = file.function(name)
    assert found is not None
    return found


def nodes(file: SourceFile, name: str, kind: type[N]) -> list[N]:
    """The nodes of one kind in a function, in source order."""
    return [node for node in inside(function(file, name).body) if isinstance(node, kind)]


def marked(code: str) -> list[int]:
    """The marked lines, counted without the imports."""
    return [number for number, line in enumerate(code.lstrip("\n").split("\n"), 1) if line.endswith("# here")]


def reached(code: str, sink: str = "shell", name: str = "view") -> list[int]:
    """The lines where a sink is reached, in order."""
    found = flows(code, sink, name)
    assert found.decided
    return sorted({flow.span.line - FIRST_LINE for flow in found.flows})
