"""Our columns are Gerrit's columns: the server itself replaces what we point at, and shows what it replaced."""

import pytest

from analyzers.model import Edit, Fix, Safety, Severity, Span
from bot.forges.gerrit.positions import Range, Text
from bot.model import ChangeRef, Comment
from tests.forges.contract.plans import plan
from tests.forges.gerrit.world import GerritWorld

# What a span of ours points at, in a file that has every trap of counting.
TEXTS = {
    "plain": "first = 1\nsecond = target + 1\n",
    "tabs": "if x:\n\t\tsecond = target + 1\n",
    "accents": 'first = "\u00e9\u00fc"; second = target + 1\n',
    "beyond the basic plane": 'first = "\U0001f600\U0001f40d"; second = target + 1\n',
    "combining": 'first = "e\u0301\u200d"; second = target + 1\n',
    "crlf": "first = 1\r\nsecond = target + 1\r\nthird = 3\r\n",
    "lone carriage return": "first = 1\rsecond = target + 1\rthird = 3\n",
    "byte order mark": "\ufefftarget = 1\n",
    "form feed": "first = 1\n\x0csecond = target + 1\n",
    "line separator": 'first = "\u2028"; second = target + 1\n',
    "no last newline": "first = 1\nsecond = target",
}


def span_of(text: str, word: str = "target") -> Span:
    """Where the word is, counted our way, without our own code."""
    before = text.removeprefix("\ufeff").partition(word)[0].replace("\r\n", "\n").replace("\r", "\n")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Span(line, column, line, column + len(word))


def replaced(world: GerritWorld, ref: ChangeRef, path: str, where: Range) -> list[str]:
    """The lines that the server would write when the range gave way to a word."""
    body = {"fix_replacement_infos": [{"path": path, "range": where.json(), "replacement": "HERE"}]}
    told = world.call(ref, "revisions", "current", "fix:preview", body=body, user=world.bot)
    return [line for chunk in told[path]["content"] for line in chunk.get("b", ())]


def test_the_server_replaces_exactly_what_a_span_points_at(world: GerritWorld) -> None:
    ref = world.new_change({f"{name}.py": text.encode() for name, text in TEXTS.items()})
    for name, text in TEXTS.items():
        where = Text(text).range(span_of(text))
        shown = "\n".join(replaced(world, ref, f"{name}.py", where))
        assert shown in text.replace("target", "HERE"), name
        assert "HERE" in shown, name


def test_a_comment_is_shown_on_its_words(world: GerritWorld) -> None:
    text = TEXTS["beyond the basic plane"]
    ref = world.new_change({"a.py": text.encode()})
    change = world.forge().change(ref)
    span = span_of(text)
    world.forge().publish(change, plan(change, Comment("00" * 8, "rule", "a.py", span, Severity.HIGH, "Here.")))
    (told,) = world.call(ref, "comments")["a.py"]
    assert told["range"] == Text(text).range(span).json()
    assert told["range"]["end_character"] - told["range"]["start_character"] == len("target")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_file_in_another_encoding_gets_a_line_and_no_range(world: GerritWorld, encoding: str) -> None:
    content = f"# coding: {encoding}\nname = '\u00e9' + target\n".encode(encoding)
    ref = world.new_change({"a.py": content})
    change = world.forge().change(ref)
    comment = Comment("00" * 8, "rule", "a.py", Span(2, 15, 2, 21), Severity.HIGH, "Here.")
    world.forge().publish(change, plan(change, comment))
    (told,) = world.call(ref, "comments")["a.py"]
    assert (told["line"], "range" in told) == (2, encoding == "utf-8")


def test_a_fix_is_a_suggestion_of_whole_lines_and_the_servers_own_where_it_has_them(world: GerritWorld) -> None:
    text = 'one = 1\nvalue = load("\U0001f600", target)\n'
    ref = world.new_change({"a.py": text.encode()})
    change = world.forge().change(ref)
    span = span_of(text)
    fix = Fix("Call the safe one", Safety.SAFE, (Edit(span, "`safe`"),))
    comment = Comment("00" * 8, "rule", "a.py", span, Severity.HIGH, "Here.", fix)
    receipt = world.forge().publish(change, plan(change, comment))
    assert len(receipt.posted) == 1
    (told,) = world.call(ref, "comments")["a.py"]
    assert '```suggestion\nvalue = load("\U0001f600", `safe`)\n```' in told["message"]
    suggested = told.get("fix_suggestions", [])
    assert bool(suggested) == (world.server.version == "3.13.5")
    for one in suggested:
        assert one["replacements"][0]["range"] == Text(text).range(span).json()


def test_a_fix_that_needs_another_line_moves_the_comment_over_both(world: GerritWorld) -> None:
    text = "import a\n\nvalue = target\n"
    ref = world.new_change({"a.py": text.encode()})
    change = world.forge().change(ref)
    fix = Fix("Import it", Safety.SAFE, (Edit(Span(1, 1, 1, 1), "import b\n"), Edit(span_of(text), "b.safe")))
    comment = Comment("00" * 8, "rule", "a.py", span_of(text), Severity.HIGH, "Here.", fix)
    world.forge().publish(change, plan(change, comment))
    (told,) = world.call(ref, "comments")["a.py"]
    assert "```suggestion\nimport b\nimport a\n\nvalue = b.safe\n```" in told["message"]
    assert (told["range"]["start_line"], told["range"]["end_line"], told["line"]) == (1, 3, 3)


def test_a_file_with_crlf_gets_no_suggestion_that_would_lose_them(world: GerritWorld) -> None:
    text = TEXTS["crlf"]
    ref = world.new_change({"a.py": text.encode()})
    change = world.forge().change(ref)
    fix = Fix("Call it", Safety.SAFE, (Edit(span_of(text), "safe"),))
    comment = Comment("00" * 8, "rule", "a.py", span_of(text), Severity.HIGH, "Here.", fix)
    world.forge().publish(change, plan(change, comment))
    (told,) = world.call(ref, "comments")["a.py"]
    assert "```suggestion" not in told["message"]
