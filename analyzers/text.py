"""Bytes of a Python file -> text, and text -> lines, exactly as Python reads them."""

import codecs
import re
from collections.abc import Iterator

# https://peps.python.org/pep-0263/#defining-the-encoding
COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"[ \t\f]*(?:#.*)?\Z")
FIRST_LINES = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")
CONTINUED = re.compile(r"\\\n[ \t\f]*")
TRAILING_COMMA = re.compile(r",(?=[)\]}])")
WORD = re.compile(r"\w+")
BETWEEN = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What a statement, or the test in its head, begins with calling: on a line of its own, or behind another one or a head.
BEGINNING = r"[ \t(]*(?:(?:if|elif|while|assert|not)\b[ \t(]*)*(?:\w+[ \t]*\.[ \t]*)*(\w+)[ \t]*\("
BEGINNINGS = re.compile(rf"^{BEGINNING}|[;:]{BEGINNING}", re.MULTILINE)
# Text codecs by name alone: they take quadratic time on hostile bytes, or are not meant for files.
REFUSED = frozenset({"idna", "punycode", "undefined"})
NAME_LIMIT = 40


# Such as https://go.dev/s/generatedcode, which the generators of other languages follow in words of their own.
FIRST_CODE = re.compile(rb"^(?:import|from|class|def|async|if|try|@)\b", re.MULTILINE)
FIRST_BYTES = 2_000
GENERATED = re.compile(rb"\b(?:auto)?generated\b", re.IGNORECASE)
KEEP_OUT = re.compile(
    rb"\b(?:do not|don't) (?:edit|modify|change)\b|\bchanges\b[^.]*\b(?:lost|overwritten)\b|^#[ \t]*@generated\b",
    re.IGNORECASE | re.MULTILINE,
)


class Unreadable(Exception):
    """A file that cannot be analysed; the message is the reason, fit for a receipt."""


def decode(data: bytes) -> str:
    """The text of a Python file, its byte order mark removed and its line ends untouched. Raises Unreadable."""
    body = data.removeprefix(codecs.BOM_UTF8)
    name = _declared(body)
    if body is not data and _normal(name) not in {"utf-8", "utf8"}:
        raise Unreadable(f"the byte order mark says UTF-8, the encoding line {name}")
    try:
        if codecs.lookup(name).name in REFUSED:
            raise LookupError(name)
        return body.decode(name)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not valid {name} at byte {error.start + 1}") from None
    except (LookupError, ValueError):
        raise Unreadable(f"the encoding {name} is not one that Python source can have") from None


def is_generated(data: bytes) -> bool:
    """Whether what stands above the code says that a program wrote it and nobody shall change it by hand."""
    head = data[:FIRST_BYTES]
    code = FIRST_CODE.search(head)
    words = head[: code.start()] if code else head
    return bool(GENERATED.search(words) and KEEP_OUT.search(words))


def _declared(body: bytes) -> str:
    first_two = FIRST_LINES.match(body)
    for line in first_two.groups() if first_two else ():
        cookie = COOKIE.match(line)
        if cookie:
            return cookie[1].decode("ascii", "replace")[:NAME_LIMIT]
        if not BLANK.match(line):
            break
    return "utf-8"


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def split_lines(text: str) -> list[str]:
    r"""The lines with their ends. Only `\r\n`, `\r` and `\n` end a line, unlike `str.splitlines`."""
    if "\r" in text:
        return LINE.findall(text)
    lines = text.splitlines(keepends=True)
    # It takes form feeds and the like for ends of lines too.
    return lines if len(lines) == text.count("\n") + (text[-1:] not in ("", "\n")) else LINE.findall(text)


def line_ends(text: str, first: int, last: int) -> int:
    """How many lines end between two places of a text."""
    ends = text.count("\n", first, last)
    return ends + (text.count("\r", first, last) - text.count("\r\n", first, last) if "\r" in text else 0)


def places(text: str, word: str) -> Iterator[int]:
    """Where a word stands in a text, not as a part of a longer one; the empty one stands nowhere."""
    place = text.find(word) if word else -1
    while place >= 0:
        end = place + len(word)
        if not _is_of_word(text[place - 1 : place]) and not _is_of_word(text[end : end + 1]):
            yield place
        place = text.find(word, end)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def words(text: str) -> frozenset[str]:
    r"""The words of a text: what `\w+` finds, at a fifth of its price where the text is ASCII."""
    if text.isascii():
        return frozenset(text.translate(BETWEEN).split())
    lines = text.splitlines()
    strange = [line for line in lines if not line.isascii()]
    if len(strange) == len(lines):
        return frozenset(WORD.findall(text))
    return words("\n".join(line for line in lines if line.isascii())).union(*map(WORD.findall, strange))


def bare(text: str) -> str:
    """A text without what a formatter may put in or leave out: blanks, kinds of quotes, the last comma of a bracket."""
    return TRAILING_COMMA.sub("", "".join(text.split()).replace("'", '"'))


def smooth(text: str) -> str:
    r"""The text for a search by pattern: every line ends with `\n`, and lines that a backslash continues are one."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return CONTINUED.sub(" ", text) if "\\\n" in text else text


def calls(text: str, name: str) -> int:
    """How often a name stands before an opening parenthesis, where it is defined included."""
    return text.count(f"{name}(") + text.count(f"{name} (")


def beginnings(text: str) -> frozenset[str]:
    """The last words of what the statements of a text, or the tests in their heads, begin with calling."""
    return frozenset(name for pair in BEGINNINGS.findall(text) for name in pair if name)
