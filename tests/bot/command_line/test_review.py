"""`touchline review` and `scan`: what is printed, and the exit codes 0 to 3."""

import json
import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from tests.bot.command_line.terminal import BROKEN, COMMAND, SAFE, UNSAFE, touchline
from tests.bot.formats.schema import VALIDATOR
from tests.forges.local.repository import Author


@pytest.fixture
def author(tmp_path: Path) -> Author:
    author = Author.begin(tmp_path / "shop")
    author.commit({"net.py": SAFE})
    return author


def test_a_clean_range_ends_with_0_and_two_lines(author: Author) -> None:
    author.commit({"net.py": SAFE + "\n\nLIMIT = 3\n"})
    said = touchline("review", "HEAD~1..HEAD", at=author.folder)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Nothing to report on 3 touched lines in 1 Python file.")


def test_findings_end_with_1_and_show_the_line(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    said = touchline("review", "HEAD~1..HEAD", at=author.folder)
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("net.py:5:")
    assert "return requests.get(url, timeout=3, verify=False)" in said.out
    assert "\x1b" not in said.out


def test_what_was_there_before_is_not_told(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    author.commit({"net.py": UNSAFE + "\n\nLIMIT = 3\n"})
    assert touchline("review", "HEAD~1..HEAD", at=author.folder).code == 0


def test_a_file_that_does_not_parse_ends_with_3_and_hides_no_other(author: Author) -> None:
    author.commit({"bad.py": BROKEN})
    said = touchline("review", "HEAD~1..HEAD", at=author.folder)
    assert said.code == 3
    assert "Incomplete: 1 of 1 Python file could not be analysed: `bad.py`" in said.out
    author.commit({"net.py": UNSAFE})
    said = touchline("review", "HEAD~2..HEAD", at=author.folder)
    assert said.code == 1
    assert "net.py:5:" in said.out
    assert "`bad.py`" in said.out


def test_staged_is_what_the_next_commit_would_record(author: Author) -> None:
    author.write("net.py", UNSAFE)
    author.git("add", "net.py")
    author.write("net.py", SAFE)
    assert touchline("review", "--staged", at=author.folder).code == 1


def test_without_words_the_work_tree_is_reviewed(author: Author) -> None:
    (author.folder / "deep").mkdir()
    author.write("net.py", UNSAFE)
    said = touchline("review", at=author.folder / "deep")
    assert said.code == 1
    assert said.out.startswith("net.py:5:")


def test_a_range_is_what_a_branch_brings(author: Author) -> None:
    author.git("checkout", "--quiet", "-b", "work")
    author.commit({"other.py": "x = 1\n"})
    author.git("checkout", "--quiet", "main")
    author.commit({"net.py": SAFE + "\n\nLIMIT = 3\n"})
    said = touchline("review", "--repo", author.folder, "--format", "json", "main..work", at=author.folder.parent)
    assert [file["path"] for file in json.loads(said.out)["files"]] == ["other.py"]


def test_two_folders_are_compared(tmp_path: Path) -> None:
    for name, text in (("old", SAFE), ("new", UNSAFE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.py").write_text(text)
    assert touchline("review", "--base", "old", "--head", "new", at=tmp_path).code == 1
    assert touchline("review", "--base", "new", "--head", "old", at=tmp_path).code == 0


def test_a_scan_reads_every_line(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "net.py").write_text(UNSAFE)
    said = touchline("scan", "src", at=tmp_path)
    assert said.code == 1
    assert said.out.startswith("src/net.py:5:")


def test_a_scan_of_more_files_than_a_change_may_have_reads_all_of_them_once(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"net{number}.py").write_text(UNSAFE if number in (0, 6) else SAFE)
    said = touchline("scan", "--format", "json", ".", at=tmp_path, TOUCHLINE_LIMITS__FILES="3")
    document = json.loads(said.out)
    assert [finding["path"] for finding in document["findings"]] == ["net0.py", "net6.py"]
    assert [(file["path"], file["status"]) for file in document["files"]] == [
        (f"net{number}.py", "analysed") for number in range(7)
    ]


def test_milder_findings_than_asked_for_do_not_fail(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    said = touchline("review", "--fail-on", "critical", "HEAD~1..HEAD", at=author.folder)
    assert said.code == 0
    assert said.out.startswith("net.py:5:")


def test_every_format_tells_the_same_finding(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    asked = {name: touchline("review", "--format", name, "HEAD~1..", at=author.folder) for name in FORMATS}
    assert {said.code for said in asked.values()} == {1}
    (finding,) = json.loads(asked["json"].out)["findings"]
    (result,) = json.loads(asked["sarif"].out)["runs"][0]["results"]
    assert (finding["path"], finding["line"], finding["rule"]) == ("net.py", 5, result["ruleId"])
    assert result["partialFingerprints"] == {"touchlineMark/v1": finding["mark"]}
    assert "### `net.py:5`" in asked["markdown"].out
    assert asked["text"].out.startswith(f"net.py:5:{finding['column']}")


FORMATS = ("text", "markdown", "json", "sarif")


def test_the_sarif_of_a_partial_review_holds_against_the_schema(author: Author) -> None:
    author.commit({"net.py": UNSAFE, "bad.py": BROKEN, "a b ü.py": UNSAFE})
    log = json.loads(touchline("review", "--format", "sarif", "HEAD~1..", at=author.folder).out)
    assert list(VALIDATOR.iter_errors(log)) == []


@pytest.mark.parametrize("name", ["a b.py", "ü/é.py", "new\nline.py", "\x1b[31mred.py", "-rf.py", "$(touch x).py"])
def test_names_of_any_shape_are_told_and_steer_nothing(author: Author, name: str) -> None:
    author.commit({name: UNSAFE})
    said = touchline("review", "HEAD~1..", at=author.folder)
    assert said.code == 1
    assert "\x1b" not in said.out
    assert said.out.splitlines()[0].split("  ")[0].endswith(":5:12")
    (file,) = json.loads(touchline("review", "--format", "json", "HEAD~1..", at=author.folder).out)["files"]
    assert file["path"] == name


def test_a_link_is_skipped_with_its_reason_and_the_review_is_whole(author: Author) -> None:
    (author.folder / "link.py").symlink_to("/etc/passwd")
    author.commit()
    said = touchline("review", "--format", "json", "HEAD~1..", at=author.folder)
    assert said.code == 0
    assert json.loads(said.out)["files"] == [{"path": "link.py", "status": "skipped", "reason": "a symbolic link"}]


def test_the_same_change_gives_the_same_bytes(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    pages = {touchline("review", "HEAD~1..", at=author.folder, COLUMNS=width).out for width in ("40", "80", "200")}
    assert len(pages) == 1


def test_a_terminal_without_utf8_gets_the_review_all_the_same(author: Author) -> None:
    author.commit({"ü.py": UNSAFE})
    said = touchline("review", "HEAD~1..", at=author.folder, PYTHONIOENCODING="ascii")
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("?.py:5:")


def test_colours_and_progress_are_for_terminals_and_obey_no_color(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    assert "\x1b[" in on_a_terminal(author.folder, {})
    assert "\x1b[31m" not in on_a_terminal(author.folder, {"NO_COLOR": "1"})


def on_a_terminal(folder: Path, environment: dict[str, str]) -> str:
    """What the command writes when all its streams are a terminal."""
    ours, theirs = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        [COMMAND, "review", "HEAD~1.."], cwd=folder, env=clean | environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(60) == 1
    return shown.decode()
