"""Every example of every rule, run through the real engine: the examples are the documentation, and these tests."""

import ast
import re

import pytest

from analyzers import catalog
from analyzers.model import Confidence, Status
from analyzers.rule import Bad, Good, Rule
from tests.rules.running import PATH, marked, places, plain, repaired, report, steps

RULES = catalog.all_rules()
BADS = [(rule, bad, f"{rule.name}-{n}") for rule in RULES for n, bad in enumerate(rule.bad, 1)]
BAD = [pytest.param(rule, bad, id=name) for rule, bad, name in BADS]
FIXED = [pytest.param(rule, bad, id=name) for rule, bad, name in BADS if bad.fixed is not None]
WITH_BASE = [pytest.param(rule, bad, id=name) for rule, bad, name in BADS if bad.base is not None]
GOOD = [
    pytest.param(rule, good, id=f"{rule.name}: {good.why}".replace(" ", "-")) for rule in RULES for good in rule.good
]


def files_of(example: Bad | Good) -> dict[str, str]:
    return {PATH: example.code, **example.files}


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_exactly_the_marked_lines_are_reported(rule: Rule, bad: Bad) -> None:
    files = files_of(bad)
    found = report((rule,), files)
    assert all(file.status is Status.ANALYSED for file in found.files), [file.reason for file in found.files]
    assert places(found.findings) == marked(files, "finding")
    assert steps(found.findings) == marked(files, "step")


@pytest.mark.parametrize(("rule", "good"), GOOD)
def test_good_code_is_not_reported(rule: Rule, good: Good) -> None:
    found = report((rule,), files_of(good))
    assert all(file.status is Status.ANALYSED for file in found.files), [file.reason for file in found.files]
    assert [finding.message for finding in found.findings] == []


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_a_touched_line_of_the_trace_is_enough(rule: Rule, bad: Bad) -> None:
    files = files_of(bad)
    for finding in report((rule,), files).findings:
        for path, line in {(finding.path, finding.line), *((step.path, step.line) for step in finding.trace.steps)}:
            found = report((rule,), files, base=files, touched={path: frozenset({line})})
            assert (finding.path, finding.line) in places(found.findings), (path, line)


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_an_unrelated_touched_line_reports_nothing(rule: Rule, bad: Bad) -> None:
    files = files_of(bad)
    findings = report((rule,), files).findings
    spans = [(f.path, f.span) for f in findings] + [(s.path, s.span) for f in findings for s in f.trace.steps]
    related = {line for path, span in spans if path == PATH for line in range(span.line, span.end_line + 1)}
    touched = {PATH: frozenset(range(1, bad.code.count("\n") + 1)) - related}
    assert report((rule,), files, base=files, touched=touched).findings == ()


@pytest.mark.parametrize(("rule", "bad"), WITH_BASE)
def test_a_removed_guard_is_reported(rule: Rule, bad: Bad) -> None:
    files = files_of(bad)
    assert bad.base is not None
    before = {**files, PATH: bad.base}
    assert report((rule,), before).findings == ()
    assert places(report((rule,), files, base=before).findings) == marked(files, "finding")


@pytest.mark.parametrize(("rule", "bad"), FIXED)
def test_the_fix_gives_the_shown_code(rule: Rule, bad: Bad) -> None:
    found = report((rule,), files_of(bad))
    assert repaired(bad.code, found.findings) == bad.fixed


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_every_fix_silences_its_rule_and_adds_no_finding(rule: Rule, bad: Bad) -> None:
    files = files_of(bad)
    found = report((rule,), files).findings
    fixable = tuple(finding for finding in found if finding.fix and finding.path == PATH)
    after = {**files, PATH: repaired(bad.code, fixable)}
    ast.parse(after[PATH])
    left = report((rule,), after).findings
    assert len(left) == len(found) - len(fixable)
    before = {finding.rule for finding in report(RULES, files).findings}
    assert {finding.rule for finding in report(RULES, after).findings} <= before


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_words_speak_of_the_code_at_hand(rule: Rule, bad: Bad) -> None:
    for finding in report((rule,), files_of(bad)).findings:
        code = {word for line in plain(bad.code).split("\n") for word in re.findall(r"\w+", line)}
        said = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", finding.message))))
        assert said & code, finding.message
        assert "{" not in rule.message.format_map(Anything()), "a message is filled, not shown raw"


class Anything(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "x"


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_a_broken_file_beside_it_changes_nothing(rule: Rule, bad: Bad) -> None:
    found = report((rule,), {**files_of(bad), "broken.py": "import flask\ndef broken(:\n    flask.request.args[\n"})
    assert [file.path for file in found.files if file.status is not Status.ANALYSED] == ["broken.py"]
    assert places(found.findings) == marked(files_of(bad), "finding")


@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_what_an_unreadable_base_may_have_had_is_not_reported(rule: Rule, bad: Bad) -> None:
    files = {path: code + "\nprint(1)\n" for path, code in files_of(bad).items()}
    base = {path: code + "\nprint 1\n" for path, code in files_of(bad).items()}
    assert report((rule,), files, base=base).findings == ()


def test_the_examples_of_one_rule_are_not_all_alike() -> None:
    for rule in RULES:
        codes = [plain(bad.code) for bad in rule.bad] + [good.code for good in rule.good]
        shown = [code for number, code in enumerate(codes) if number >= len(rule.bad) or rule.bad[number].base is None]
        assert len(set(shown)) == len(shown), rule.name


@pytest.mark.parametrize(
    "path",
    [
        "tests.py",
        "app/tests.py",
        "app/tests/views.py",
        "unit_tests/run.py",
        "test_views.py",
        "views_tests.py",
        "raw_simulator.py",
        "runtests.py",
        "app/testsuite/run.py",
        "app/testing_notebooks/train.py",
    ],
)
def test_a_rule_for_the_program_is_silent_in_its_tests(path: str) -> None:
    assert not _for_the_program().speaks_in(path)


@pytest.mark.parametrize(
    "path", ["test.py", "management/commands/test.py", "speed_tests/run.py", "latest/views.py", "contests.py"]
)
def test_a_name_that_only_looks_like_a_test_is_the_program(path: str) -> None:
    assert _for_the_program().speaks_in(path)


def test_a_backtick_in_the_code_does_not_end_its_span() -> None:
    files = {PATH: """def find(cursor, row):\n    cursor.execute(f"SELECT * FROM t WHERE a = '{row['`a`']}'")\n"""}
    (finding,) = report(RULES, files).findings
    assert finding.message.startswith(
        "`cursor.execute` runs a statement into whose text `row['\u02cba\u02cb']` is put "
    )
    assert finding.message.count("`") == 4


@pytest.mark.parametrize(
    "path",
    [
        "scripts/release.py",
        "tools/tasks.py",
        "examples/server.py",
        ".github/run.py",
        "setup.py",
        "app/migrations/0002.py",
        "app/revisions/core/versions/0003_slug.py",
        "cmake/build_utils.py",
        "app/examples/server.py",
        "common/make_release.py",
    ],
)
def test_a_rule_about_what_runs_unwatched_is_silent_in_scripts_of_developers(path: str) -> None:
    assert not next(rule for rule in RULES if not rule.in_tools).speaks_in(path)
    assert next(rule for rule in RULES if rule.in_tools).speaks_in(path)


def test_no_rule_looks_at_code_that_tests_read() -> None:
    assert not any(rule.speaks_in("tests/fixtures/noqa/noqa.py") for rule in RULES)
    assert any(rule.speaks_in("tests/test_noqa.py") for rule in RULES)


@pytest.mark.parametrize("path", ["app/tools/web.py", "app/scripts/serve.py", "app/setup.py", "toolbox/run.py"])
def test_a_folder_of_the_program_holds_no_scripts_of_developers(path: str) -> None:
    assert all(rule.speaks_in(path) for rule in RULES)


def _for_the_program() -> Rule:
    return next(rule for rule in RULES if not rule.in_tests)


ECHO = """from flask import make_response, request
def echo():
    answer = make_response("Hello " + request.args["name"])
    return answer
"""


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (ECHO, True),
        (ECHO.replace("    return", "    answer.mimetype = 'text/plain'\n    return"), False),
        (ECHO.replace('"name"', '"hub.challenge"'), False),
    ],
)
def test_what_is_doubted_is_not_sure(code: str, shown: bool) -> None:
    (finding,) = report(RULES, {PATH: code}).findings
    assert finding.rule == "html-from-user-input"
    assert (finding.confidence is not Confidence.LOW) == shown


@pytest.mark.parametrize(
    ("comment", "hushed"),
    [
        ("# nosec", 1),
        ("# noqa: E501, S702", 1),
        ("# noqa: E501", 0),
        ("; x = 'nosec'", 0),
        ("; x = '#'  # nosemgrep: x", 1),
    ],
)
def test_what_was_answered_to_another_tool_is_counted_as_suppressed(comment: str, hushed: int) -> None:
    (file,) = report(RULES, {PATH: ECHO.replace('"])\n', f'"]) {comment}\n', 1)}).files
    assert (len(file.suppressed), len(file.findings)) == (hushed, 1 - hushed)


@pytest.mark.parametrize(("body", "shown"), [("return {}(name)", True), ("kept = name\n    return {}(kept)", False)])
def test_a_long_way_is_not_sure(body: str, shown: bool) -> None:
    start = ECHO.replace('"Hello " + request.args["name"]', 'step0(request.args["name"])')
    steps = [f"def step{n}(name):\n    {body.format(f'step{n + 1}')}\n" for n in range(4)]
    code = "".join([start, *steps, "def step4(name):\n    return 'Hello ' + name\n"])
    (finding,) = report(RULES, {PATH: code}).findings
    assert (finding.confidence is not Confidence.LOW) == shown


def test_a_doubt_in_a_function_of_another_file_counts() -> None:
    helper = (
        "from flask import request\nfrom shop import is_safe_url\n"
        "def target():\n    url = request.values['url']\n    if is_safe_url(url):\n        return url\n"
    )
    view = "from helpers import target\nfrom flask import redirect\ndef go():\n    return redirect(target())\n"
    sure = [
        finding.confidence
        for code in (helper, helper.replace("is_safe_url", "print"))
        for finding in report(RULES, {PATH: view, "helpers.py": code}).findings
    ]
    assert sure == [Confidence.LOW, Confidence.HIGH]


ENDLESS = "import requests\n\ndef load(at):\n    {above}return requests.get(at)  {beside}\n"


@pytest.mark.parametrize(
    ("above", "beside", "hushed"),
    [
        ("", "# pylint: disable=missing-timeout", 1),
        ("# pylint: disable-next=missing-timeout\n    ", "", 1),
        ("x = 1  # pylint: disable=missing-timeout\n    ", "", 0),
        ("", "# pylint: disable=too-many-locals", 0),
        ("", "# missing-timeout", 0),
    ],
)
def test_a_defect_is_known_by_the_names_that_other_tools_have_for_it(above: str, beside: str, hushed: int) -> None:
    (file,) = report(RULES, {PATH: ENDLESS.format(above=above, beside=beside)}).files
    assert (len(file.suppressed), len(file.findings)) == (hushed, 1 - hushed)


@pytest.mark.parametrize(
    "line", ["from requests import get", "from requests import(get)", "if 1: from requests import get"]
)
def test_an_import_is_seen_however_it_is_written(line: str) -> None:
    code = f"{line}\n\ndef load(at):\n    return get(at)\n"
    assert [one.rule for one in report(RULES, {PATH: code}).findings] == ["request-without-timeout"]
