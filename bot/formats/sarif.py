"""The review as SARIF 2.1.0, for code-scanning pages and editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html; sections are named where code relies on them.
What GitHub reads of it: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import json
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from analyzers import catalog
from analyzers.model import FileReport, Finding, Fix, Severity, Span, Status, Step
from bot.reviewed import Reviewed

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
# GitHub sorts security results by a number from 0 to 10: over 9 critical, from 7 high, from 4 medium.
SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
ROOT = "SRCROOT"
FINGERPRINT = "touchlineMark/v1"

Json = dict[str, Any]


def render(reviewed: Reviewed) -> str:
    """The whole log, ending with a line end."""
    return json.dumps(document(reviewed), indent=2, ensure_ascii=False) + "\n"


def document(reviewed: Reviewed) -> Json:
    """The log as plain values."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(reviewed)]}


def _run(reviewed: Reviewed) -> Json:
    suppressed = [finding for file in reviewed.report.files for finding in file.suppressed]
    rules = _first_of_each_rule([*reviewed.findings, *suppressed])
    order = {name: index for index, name in enumerate(rules)}
    return {
        "tool": {"driver": _driver(list(rules.values()))},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": f"The root of {reviewed.change.ref.project}"}}},
        "invocations": [_invocation(reviewed.report.files)],
        "results": [
            *(_result(finding, order) for finding in reviewed.findings),
            *(_result(finding, order) | {"suppressions": [{"kind": "inSource"}]} for finding in suppressed),
        ],
    }


def _first_of_each_rule(findings: list[Finding]) -> dict[str, Finding]:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.rule, finding)
    return {name: first[name] for name in sorted(first)}


def _driver(examples: list[Finding]) -> Json:
    return {
        "name": "Touchline",
        "semanticVersion": version("touchline"),
        "rules": [_descriptor(finding) for finding in examples],
    }


def _descriptor(example: Finding) -> Json:
    page = _page(example)
    return {
        "id": example.rule,
        "shortDescription": {"text": example.title or example.rule},
        "fullDescription": {"text": example.title or example.rule},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": LEVELS[example.severity]},
        "properties": {
            "tags": ["security", *(f"external/cwe/{cwe.lower()}" for cwe in example.cwe)],
            "precision": example.confidence.value,
            "security-severity": SCORES[example.severity],
        },
    }


def _page(example: Finding) -> str:
    """What the rule's page says; a complaint about a suppression has none."""
    try:
        return catalog.page(catalog.find(example.rule))
    except LookupError:
        return example.title or example.rule


def _invocation(files: tuple[FileReport, ...]) -> Json:
    unread = [file for file in files if file.status is Status.UNREADABLE]
    return {
        "executionSuccessful": not unread,
        "toolExecutionNotifications": [_notification(file) for file in unread],
    }


def _notification(file: FileReport) -> Json:
    return {
        "level": "error",
        "message": _message(f"{file.path} could not be analysed: {file.reason}"),
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(file.path)}}],
    }


def _result(finding: Finding, order: dict[str, int]) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": order[finding.rule],
        "level": LEVELS[finding.severity],
        "message": _message(" ".join(part for part in (finding.message, finding.advice) if part)),
        "locations": [_location(finding.path, finding.span)],
        "partialFingerprints": {FINGERPRINT: finding.mark},
        "properties": {"severity": finding.severity.value, "confidence": finding.confidence.value},
    }
    if finding.trace.steps:
        result["codeFlows"] = [_code_flow(finding.trace.steps)]
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.path, finding.fix)]
    return result


def _message(text: str) -> Json:
    """Section 3.11.6: `[words](target)` would be read as a link, and what comes from code must not become one."""
    return {"text": text.replace("](", "] (")}


def _location(path: str, span: Span) -> Json:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(span)}}


def _artifact(path: str) -> Json:
    """Section 3.4: a URI, relative to the root unless the file lies outside of it."""
    if PurePosixPath(path).is_absolute():
        return {"uri": f"file://{quote(path)}"}
    return {"uri": quote(path), "uriBaseId": ROOT}


def _region(span: Span) -> Json:
    """Section 3.30: 1-based, the end column exclusive, just as ours."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _code_flow(steps: tuple[Step, ...]) -> Json:
    return {"threadFlows": [{"locations": [{"location": _step(step)} for step in steps]}]}


def _step(step: Step) -> Json:
    return {**_location(step.path, step.span), "message": _message(step.what)}


def _fix(path: str, fix: Fix) -> Json:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    return {
        "description": _message(fix.title),
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
    }
