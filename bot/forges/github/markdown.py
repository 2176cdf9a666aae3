"""What GitHub makes of text: markers only we can read back, inert words, blocks that close, and the limit of a body.

GitHub's dialect: https://github.github.com/gfm/. Everything outside of code is held inert here once more, whoever wrote
it: no mention, no HTML, no reference to another issue, no picture, no link that leaves the places we link to ourselves.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

# "body is too long (maximum is 65536 characters)": the forge's own words in a 422
BODY_LIMIT = 65_536
# what closing a block and saying that something was cut may need
RESERVE = 600
SMALLEST_FOLD = 400
TRUSTED_ADDRESSES = ("https://cwe.mitre.org/", "https://docs.python.org/")

BACKTICKS = re.compile(r"`+")
FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
INERT = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<link>\]\((?:(?P<address>[^()\s]*)\))?)"
    r"|(?P<literal>`|!(?=\[))"
    r"|(?P<tag><)|(?P<entity>&(?=#?\w+;))"
    r"|(?P<apart>@(?=\w)|#(?=\d)|[Gg][Hh]-(?=\d)|:(?=//)|www(?=\.)|\](?=:))"
)
LOOSE = re.compile(r"[@<]|#(?=\d)|[Gg][Hh](?=-\d)|:(?=//)|www(?=\.)|\](?=[(:\[])|!(?=\[)|&(?=#?\w)")
ZERO_WIDTH_SPACE = "&#8203;"


class Kind(StrEnum):
    """What a marked text of ours is."""

    COMMENT = "comment"
    SUMMARY = "summary"
    FIXED = "fixed"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Marker:
    """Hidden in the first line of everything we write: `key` is a mark or digest, `patchset` a commit id or "-".

    It counts only in texts of our own account, and only at their very beginning, where nothing from code can stand.
    """

    kind: Kind
    key: str
    patchset: str = "-"

    def __str__(self) -> str:
        """An HTML comment, which GitHub does not show."""
        return f"<!-- touchline:{self.kind} {self.key} {self.patchset} -->\n"


MARKER = re.compile(
    r"<!-- touchline:(comment|summary|fixed|reply) ([0-9A-Za-z_-]{1,64}) ([0-9a-f]{1,64}|-) -->(?:\r?\n|$)"
)
CARRIED = "<!-- touchline:carried -->"


def marker_of(body: str) -> Marker | None:
    """The marker that a text begins with."""
    found = MARKER.match(body)
    return Marker(Kind(found[1]), found[2], found[3]) if found else None


def fenced(text: str, info: str = "") -> str:
    """A code block around text that ends with a line end; its fence is longer than any in the text."""
    longest = max((len(run) for run in BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{text}{fence}"


def inert(markdown: str, trusted: Sequence[str] = ()) -> str:
    """The same markdown in which nothing but code blocks, code spans, emphasis, lists, tables and trusted links works.

    `trusted` are the beginnings of addresses that links may lead to. Every fence that was opened is closed.
    """
    lines, fence = [], ""
    links = (*TRUSTED_ADDRESSES, *(address for address in trusted if address))
    for line in re.split(r"\r\n|\r|\n", markdown):
        mark = FENCE.match(line)
        if fence:
            closed = mark is not None and mark["fence"].startswith(fence) and not line.strip(" \t" + fence[0])
            fence = "" if closed else fence
            lines.append(line)
        elif mark:
            fence = mark["fence"]
            lines.append(line)
        else:
            lines.append("".join(_inert_line(line, links)))
    return "\n".join([*lines, fence] if fence else lines)


def _inert_line(line: str, links: Sequence[str]) -> Iterator[str]:
    """Code spans as they are, the rest defused. A span that the line does not close is none."""
    place, table = 0, "|" in line
    for start, end in code_spans(line):
        yield _defuse(line[place:start], links)
        # a cell ends at a bar, even inside a span: then what is in it is no code any more
        yield LOOSE.sub("\\g<0>\u200b", line[start:end]) if table else line[start:end]
        place = end
    yield _defuse(line[place:], links)


def code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Where code spans begin and end (CommonMark 6.1), within one line."""
    place = 0
    while found := re.compile(r"\\.|`+").search(line, place):
        place = found.end()
        if found[0][0] == "\\":
            continue
        close = next((run for run in BACKTICKS.finditer(line, place) if run[0] == found[0]), None)
        if close:
            yield found.start(), close.end()
            place = close.end()


def _defuse(prose: str, links: Sequence[str]) -> str:
    def instead(found: re.Match[str]) -> str:
        if found["link"]:
            address = found["address"]
            trusted = address is not None and address.startswith(tuple(links))
            return found[0] if trusted else "]\\(" + _defuse(found[0][2:], links)
        if found["literal"]:
            return "\\" + found[0]
        if found["tag"]:
            return "&lt;"
        if found["entity"]:
            return "&amp;"
        # an escaped sign is shown as itself, and GitHub looks for mentions in what is shown
        apart = found["apart"] or found[0][1:] in ("@", "#", ":", "-", ".", "/")
        return found[0] + ZERO_WIDTH_SPACE if apart else found[0]

    return INERT.sub(instead, prose)


def fold(title: str, text: str) -> str:
    """Details that GitHub folds away; the title is plain text."""
    plain = "".join(f"&#{ord(sign)};" if sign in "&<>@`*_[]\\~|#:" else sign for sign in title)
    return f"<details>\n<summary>{plain}</summary>\n\n{text}\n\n</details>"


def shorten(text: str, limit: int, note: str) -> str:
    """At most `limit` characters: whole lines where possible, an open code block closed, the note at the end."""
    if len(text) <= limit:
        return text
    room = max(0, limit - len(note) - RESERVE)
    kept = text[:room].rpartition("\n")[0] or _before_gap(text.split("\n", 1)[0], room)
    return f"{_closed(kept)}\n\n{note}"[:limit]


def _before_gap(line: str, room: int) -> str:
    """The line up to the last space outside of code spans: what a cut there leaves is as inert as it was."""
    covered = {place for start, end in code_spans(line) for place in range(start, end)}
    gaps = (place for place in range(min(room, len(line)) - 1, 0, -1) if line[place] == " " and place not in covered)
    return line[: next(gaps, 0)]


def _closed(text: str) -> str:
    fence = ""
    for line in text.split("\n"):
        if not (mark := FENCE.match(line)):
            continue
        if not fence:
            fence = mark["fence"][: RESERVE // 2]
        elif mark["fence"].startswith(fence) and not line.strip(" \t" + fence[0]):
            fence = ""
    return f"{text}\n{fence}" if fence else text


def with_folds(text: str, folds: Sequence[tuple[str, str]], limit: int, note: str) -> str:
    """The text, then the folds, at most `limit` characters in all: the last folds are cut first."""
    whole = shorten(text, limit, note)
    for title, details in folds:
        room = limit - len(whole) - len(fold(title, "")) - 2
        if len(details) > room and room < SMALLEST_FOLD + len(note) + RESERVE:
            return f"{whole}\n\n{note}" if len(whole) + len(note) + 2 <= limit else whole
        whole = f"{whole}\n\n{fold(title, shorten(details, room, note))}"
    return whole
