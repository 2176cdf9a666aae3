"""The review as JSON, for programs. Version 1; keys may be added within a version, none is renamed or removed.

    {"version": 1,
     "findings": [{"path", "line", "column", "end_line", "end_column", "rule", "title", "cwe": ["CWE-89"],
                   "severity", "confidence", "message", "advice", "definition", "mark",
                   "trace": [{"path", "line", "column", "what"}], "assumed": ["..."],
                   "fix": {"title", "safety", "edits": [...]} or null}],
     "files": [{"path", "status": "analysed" | "skipped" | "unreadable", "reason"}],
     "summary": "<markdown>"}

Lines and columns are 1-based, of the head file; columns count characters; an end column is exclusive.
An edit is `{"line", "column", "end_line", "end_column", "text"}`: replace that stretch of the finding's file by `text`;
an empty stretch inserts. The edits of a fix are in file order and never overlap: apply them last first.
Findings stand in order of gravity; `mark` names one without line numbers, so it is the same after lines moved.
"""

import json
from typing import Any

from analyzers.model import Edit, FileReport, Finding, Fix, Span, Step
from bot.formats.markdown import whole_summary
from bot.reviewed import Reviewed

VERSION = 1


def render(reviewed: Reviewed) -> str:
    """The whole document, ending with a line end."""
    return json.dumps(document(reviewed), indent=2, ensure_ascii=False) + "\n"


def document(reviewed: Reviewed) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "version": VERSION,
        "findings": [_finding(finding) for finding in reviewed.findings],
        "files": [_file(file) for file in reviewed.report.files],
        "summary": whole_summary(reviewed.review.summary),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.path,
        **_stretch(finding.span),
        "rule": finding.rule,
        "title": finding.title,
        "cwe": list(finding.cwe),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "advice": finding.advice,
        "definition": finding.definition,
        "trace": [_step(step) for step in finding.trace.steps],
        "assumed": list(finding.trace.assumed),
        "fix": _fix(finding.fix) if finding.fix else None,
        "mark": finding.mark,
    }


def _stretch(span: Span) -> dict[str, int]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def _step(step: Step) -> dict[str, Any]:
    return {"path": step.path, "line": step.line, "column": step.span.column, "what": step.what}


def _fix(fix: Fix) -> dict[str, Any]:
    return {"title": fix.title, "safety": fix.safety.value, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_stretch(edit.span), "text": edit.text}


def _file(file: FileReport) -> dict[str, str]:
    return {"path": file.path, "status": file.status.value, "reason": file.reason}
