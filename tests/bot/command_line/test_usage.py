"""Wrong words end with 2 and show the road; the other commands answer."""

import json
import re
from pathlib import Path

import pytest

from tests.bot.command_line.terminal import SAFE, UNSAFE, touchline
from tests.forges.local.repository import Author


@pytest.fixture
def author(tmp_path: Path) -> Author:
    author = Author.begin(tmp_path / "shop")
    author.commit({"net.py": SAFE}, "first")
    return author


@pytest.mark.parametrize(
    ("words", "road"),
    [
        (("review", "HEAD"), "write BASE..HEAD"),
        (("review", "nowhere..HEAD"), "git log --oneline --all"),
        (("review", "--base", "."), "go together"),
        (("review", "--staged", "HEAD~1..HEAD"), "give one of"),
        (("review", "--dry-run"), "posts nothing anyhow"),
        (("review", "github", "nonsense"), "review github OWNER/REPO#NUMBER"),
        (("review", "gerrit", "nonsense"), "review gerrit CHANGE[/PATCHSET]"),
        (("review", "github", "owner/name#1"), "set github.token"),
        (("review", "gerrit", "name~1"), "set gerrit.url"),
        (("review", "gerrit", "12/3"), "set gerrit.url"),
        (("review", "--repo", "..", "HEAD~1.."), "name one with --repo"),
        (("review", "--format", "xml"), "is not one of"),
        (("scan", "no-such-file.py"), "does not exist"),
        (("scan",), "Missing argument"),
        (("rules", "sql-injektion"), "touchline rules"),
        (("serve",), "set github.token or gerrit.url"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_words_end_with_2_and_show_the_road(author: Author, words: tuple[str, ...], road: str) -> None:
    said = touchline(*words, at=author.folder)
    assert (said.code, said.out) == (2, "")
    assert road in said.err
    assert "Traceback" not in said.err


def test_a_wrong_setting_ends_with_2_and_names_its_key(author: Author) -> None:
    (author.folder / "touchline.toml").write_text("[review]\nmax_comment = 3\n")
    said = touchline("review", at=author.folder)
    assert said.code == 2
    assert "touchline: touchline.toml: review.max_comment" in said.err
    assert "did you mean review.max_comments" in said.err


def test_settings_reach_the_review(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    assert touchline("review", "HEAD~1..", at=author.folder, TOUCHLINE_REVIEW__EXCLUDE="net.py").code == 0


def test_the_catalogue_lists_rules_and_explains_one(tmp_path: Path) -> None:
    listed = touchline("rules", at=tmp_path)
    assert listed.code == 0
    names = [line.split()[0] for line in listed.out.splitlines()[1:]]
    assert "tls-verification-off" in names
    page = touchline("rules", "tls-verification-off", at=tmp_path)
    assert page.code == 0
    assert page.out.startswith("# tls-verification-off\n")
    assert "What it does not see" in page.out


def test_a_history_is_replayed_with_what_it_would_have_cost(author: Author) -> None:
    author.commit({"net.py": UNSAFE}, "faster")
    author.commit({"net.py": UNSAFE + "\n\nLIMIT = 3\n"}, "a limit")
    said = touchline("replay", "--format", "json", "HEAD~2..", at=author.folder)
    assert (said.code, said.err) == (0, "")
    document = json.loads(said.out)
    assert [change["subject"] for change in document["changes"]] == ["faster", "a limit"]
    assert [len(change["review"]["findings"]) for change in document["changes"]] == [1, 0]
    assert document["totals"]["findings"] == 1
    assert document["totals"]["cpu_seconds"] > 0
    text = touchline("replay", "HEAD~2..", at=author.folder).out
    assert re.search(r"^2 commits, 1 of them with findings, 1 finding in all\.$", text, re.MULTILINE)


def test_the_first_commit_of_all_is_replayed_too(author: Author) -> None:
    author.commit({"net.py": UNSAFE})
    author.git("checkout", "--quiet", "--orphan", "fresh")
    author.commit({}, "all anew")
    said = touchline("replay", "--format", "json", "main..fresh", at=author.folder)
    (change,) = json.loads(said.out)["changes"]
    assert len(change["review"]["findings"]) == 1


def test_the_doctor_tells_what_is_there_and_the_road_to_what_is_not(tmp_path: Path) -> None:
    said = touchline("doctor", at=tmp_path)
    assert said.code == 2
    lines = {line[9:25].strip(): line[:7].strip() for line in said.out.splitlines()}
    assert lines == {"python": "ok", "sqlite": "ok", "database": "ok", "sandbox": "ok", "forges": "missing"}
    assert "set github.token or gerrit.url" in said.out


def test_the_doctor_reports_an_unreachable_forge_without_its_token(tmp_path: Path) -> None:
    said = touchline(
        "doctor",
        at=tmp_path,
        TOUCHLINE_GITHUB__API_URL="http://127.0.0.1:9",
        TOUCHLINE_GITHUB__TOKEN="ghp_very_secret",
    )
    assert said.code == 2
    assert "missing  github " in said.out
    assert "github.webhook_secrets" in said.out
    assert "ghp_very_secret" not in said.out + said.err


def test_help_names_every_exit_code(tmp_path: Path) -> None:
    page = " ".join(touchline("--help", at=tmp_path).out.split())
    assert "0 clean, 1 findings, 2 usage or settings, 3 something could not be analysed" in page
