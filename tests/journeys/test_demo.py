"""The demo tells its whole story: one real change, posted once, on a page that can be looked at."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.journeys.demo import NOTHING, PAGE, tell


def test_the_demo_posts_a_review_once_and_leaves_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = io.StringIO()
    assert tell(Console(file=told, width=110), tmp_path) == 0
    printed = told.getvalue()
    assert "the review stands" in printed
    assert "(inline)" in printed
    assert "Examined and found clean" in printed
    assert f"delivered again: {NOTHING}" in printed
    page = (tmp_path / PAGE).read_text()
    assert "touchline-bot" in page
    assert "Files changed" in page
