"""SARIF holds against the standard's own schema, and says what code-scanning pages read."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from analyzers import catalog
from analyzers.model import FileReport, Finding, Report, Status
from bot.formats import sarif
from bot.reviewed import Reviewed
from tests.bot.formats.samples import REQUEST, SQL, UNREAD, reviewed
from tests.bot.formats.schema import VALIDATOR

KNOWN = catalog.all_rules()[0]
RULE = KNOWN.name
BUILT, WAITING = replace(SQL, rule=RULE), replace(REQUEST, rule=RULE)


def hushed() -> Reviewed:
    whole = reviewed(BUILT)
    file = FileReport("shop/quiet.py", Status.ANALYSED, suppressed=(replace(WAITING, path="shop/quiet.py"),))
    return replace(whole, report=Report((*whole.report.files, file)))


@pytest.mark.parametrize(
    "whole",
    [
        reviewed(),
        reviewed(BUILT, WAITING, unread=(UNREAD,)),
        reviewed(replace(BUILT, path="a b/ü#?%.py"), replace(BUILT, path="/absolute/x.py")),
        hushed(),
    ],
    ids=["clean", "partial", "odd names", "suppressed"],
)
def test_every_log_holds_against_the_schema(whole: Reviewed) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(log(whole))] == []


def log(whole: Reviewed) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.render(whole))
    return document


def run(*findings: Finding) -> dict[str, Any]:
    found: dict[str, Any] = log(reviewed(*findings))["runs"][0]
    return found


def test_a_result_is_found_again_by_its_mark() -> None:
    (result,) = run(BUILT)["results"]
    assert result["partialFingerprints"] == {"touchlineMark/v1": "a" * 16}


def test_a_trace_becomes_a_code_flow_in_order() -> None:
    (result,) = run(BUILT)["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == [12, 41]
    assert steps[0]["location"]["message"]["text"] == "`name` comes from the request"


def test_a_fix_replaces_exactly_its_stretch() -> None:
    (result,) = run(WAITING)["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "shop/net.py", "uriBaseId": "SRCROOT"}
    region = {"startLine": 9, "startColumn": 30, "endLine": 9, "endColumn": 30}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": ", timeout=30"}}]


def test_a_rule_brings_its_page_and_its_weakness() -> None:
    (rule,) = run(BUILT)["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == catalog.page(KNOWN)
    assert "external/cwe/cwe-89" in rule["properties"]["tags"]
    assert float(rule["properties"]["security-severity"]) > 9


def test_names_become_uris_and_outside_files_stay_absolute() -> None:
    results = run(replace(BUILT, path="a b/ü#?%.py"), replace(BUILT, path="/absolute/x.py"))["results"]
    locations = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert {"uri": "a%20b/%C3%BC%23%3F%25.py", "uriBaseId": "SRCROOT"} in locations
    assert {"uri": "file:///absolute/x.py"} in locations


def test_words_from_code_never_become_a_link() -> None:
    (result,) = run(replace(BUILT, message="`items[0](call)` is run"))["results"]
    assert "](" not in result["message"]["text"]


def test_an_unread_file_makes_the_run_unsuccessful() -> None:
    (invocation,) = log(reviewed(BUILT, unread=(UNREAD,)))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "shop/bad.py could not be analysed" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_what_the_code_suppresses_is_told_as_suppressed() -> None:
    results: Iterator[dict[str, Any]] = iter(log(hushed())["runs"][0]["results"])
    assert [result.get("suppressions") for result in results] == [None, [{"kind": "inSource"}]]
