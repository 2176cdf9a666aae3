"""The findings on sets of files come out in the form that scoring scripts read."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import suites

SAFE = "import requests\nstatus = requests.get('https://example.org', timeout=5)\n"
UNSAFE = "import requests\nstatus = requests.get('https://example.org')\n"
ROW = {"line": 2, "end": 2, "cwe": ["CWE-400"], "rule": "request-without-timeout"}


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_scan_takes_every_line_of_every_file_as_touched(tmp_path: Path) -> None:
    put(tmp_path / "root" / "deep" / "one.py", UNSAFE)
    put(tmp_path / "root" / "two.py", SAFE)
    assert suites.main(["scan", str(tmp_path / "root"), str(tmp_path / "out.jsonl")]) == 0
    assert written(tmp_path / "out.jsonl") == [{"path": "deep/one.py", **ROW}]


def test_a_change_is_told_by_what_it_causes(tmp_path: Path) -> None:
    for name, base, head in (("worse", SAFE, UNSAFE), ("same", UNSAFE, UNSAFE), ("better", UNSAFE, SAFE)):
        put(tmp_path / "set" / name / "base" / "one.py", base)
        put(tmp_path / "set" / name / "head" / "one.py", head)
    assert suites.main(["changes", str(tmp_path / "set"), str(tmp_path / "out.jsonl")]) == 0
    assert written(tmp_path / "out.jsonl") == [{"path": "worse/head/one.py", **ROW}]


def test_comments_are_printed_to_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "new" / "head" / "one.py", UNSAFE)
    assert suites.main(["comments", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("new one.py:2 [request-without-timeout] `requests.get` has no timeout")


def test_a_wrong_verb_is_told_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert suites.main(["guess"]) == 2
    assert "scan ROOT OUT.jsonl" in capsys.readouterr().err
