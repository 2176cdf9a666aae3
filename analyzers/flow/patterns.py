"""What patterns that are written out say of a text: matches that prove it, groups and replacements without harm.

Patterns are known where they are given to `re` itself, and where one assignment of the function, the class or the
module compiles them: https://docs.python.org/3/library/re.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from analyzers.flow.frame import Frame
from analyzers.flow.given import Called, Given
from analyzers.flow.guards import about_of
from analyzers.flow.reaching import definitions, module_value
from analyzers.flow.text import constant
from analyzers.flow.value import CLEAN, Proof, Value
from analyzers.models import ANY
from analyzers.source import SourceFile
from analyzers.syntax import argument, goes_to_the_end, inside, last_name, text_value

MODULE, PATTERN = "re.", "re.Pattern."
MATCHING = frozenset({"match", "search", "fullmatch"})
USES = MATCHING | {"sub", "subn", "findall"}
BEGINS = ("^", "\\A")
# Flags that leave it to the pattern where a text begins and ends.
PLAIN_FLAGS = frozenset("re I IGNORECASE A ASCII U UNICODE S DOTALL".split())
# `$` is the end of every line then, or what follows `#` says nothing.
OTHER_FLAGS = re.compile(r"\(\?[a-zA-Z-]*[mx]")
# Letters, digits, `_` and `-`, which harm nobody; ranges only where both ends are of one sort.
WORDS = r"(?:\\[dw](?!-[^\]])|[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|\w(?!-[^\]])|\\?-(?!-))"
HARMLESS = re.compile(rf"(?:(?:\\[dw]|[\w-]|\[{WORDS}+\])(?:[*+?]|\{{\d+(?:,\d*)?\}})?\??|\||\(\?:|\))*")
ALL_BUT = re.compile(rf"\[\^((?:{WORDS}|\\?\.(?!-[^\]]))+)\][*+]?")
# A dot as well does no harm here, but goes up in a path and names another host.
DOTTED = ("sql", "shell", "html", "xml", "log", "header")
PUT_IN = re.compile(r"[\w.-]*")
GROUP = re.compile(r"\((?!\?)|\(\?P<(\w+)>")
TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\]){0,500}\]|\(\?P<\w+>|\(|\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a pattern by `method`: its `text`, "" where it is not known, and the arguments behind it."""

    method: str
    text: str
    given: tuple[Given, ...]
    first: int

    def argument(self, position: int, keyword: str) -> Given | None:
        """The argument at a position behind the pattern, or under a keyword."""
        at = position + self.first
        return next(
            (one for one in self.given if one.keyword == keyword or (_is_plain(one) and one.position == at)), None
        )

    @property
    def proves(self) -> bool:
        """Whether a match says what every character of the text is."""
        if self.method == "fullmatch" or self.method not in MATCHING:
            return self.method == "fullmatch"
        begins = self.method == "match" or self.text.startswith(BEGINS)
        return begins and goes_to_the_end(self.text) and not OTHER_FLAGS.search(self.text)


def use_of(frame: Frame, called: Called) -> Use | None:
    """The use of a pattern that a call is; None when it is none."""
    name = frame.models.canonical(called.name) if called.name else ""
    method = name.rpartition(".")[2]
    if method not in USES or any(one.star for one in called.given):
        return None
    if name == PATTERN + method and isinstance(called.func, cst.Attribute):
        made = _compiled(frame.file, called.func.value)
        return Use(method, _written(frame.file, made) if made else "", called.given, 0)
    return Use(method, _written(frame.file, called.node), called.given, 1) if name == MODULE + method else None


def matched(use: Use) -> Iterator[Proof]:
    """What a match, or none, proves of the text it is looked for in.

    What begins further on leaves the beginning open; a search for all but harmless characters proves by finding none.
    """
    subject = use.argument(0, "string")
    later = use.first == 0 and any(one.position > 0 or one.keyword in ("pos", "endpos") for one in use.given)
    path = about_of(subject.node, subject.value) if subject is not None and not later else ""
    none_other = ALL_BUT.fullmatch(use.text) if use.method == "search" else None
    if path and use.proves:
        yield Proof(path, (ANY,), there=True)
    elif path and none_other:
        kinds = DOTTED if "." in none_other[1] else (ANY,)
        yield Proof(path, kinds, when=False)


def taken(use: Use, value: Value) -> Value:
    """What a pattern gives: `value`, without what cannot do any harm in it."""
    if use.method in ("sub", "subn"):
        return _replaced(use, value)
    if use.method == "findall":
        return CLEAN if use.text and HARMLESS.fullmatch(use.text) else value
    if use.proves:
        return replace(value, taints=())
    groups = {key: harmless for key, harmless in _groups(use.text) if value.dirty}
    rest = Value(taints=value.taints)
    return replace(value, fields={key: CLEAN if one else rest for key, one in groups.items()}) if groups else value


def proves_by_match(file: SourceFile, call: cst.Call) -> bool:
    """Whether a method of a compiled pattern matches only texts of which the pattern says every character."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in MATCHING:
        return False
    made = _compiled(file, call.func.value)
    known = made is not None and file.qualified(made.func) == "re.compile"
    return made is not None and known and Use(call.func.attr.value, _written(file, made), (), 0).proves


def keeps_words(file: SourceFile, call: cst.Call) -> bool:
    """Whether a `re.sub` leaves nothing but letters, digits, `_` and `-` of a text."""
    kept, new = ALL_BUT.fullmatch(_written(file, call)), text_value(argument(call, 1, "repl"))
    harmless = kept is not None and "." not in kept[1] and new is not None and PUT_IN.fullmatch(new) is not None
    return harmless and argument(call, 3, "count") is None


def _replaced(use: Use, value: Value) -> Value:
    """A text in which all but some characters were replaced by harmless ones."""
    put, kept = use.argument(0, "repl"), ALL_BUT.fullmatch(use.text)
    new = text_value(put.node) if put else None
    if not kept or new is None or not PUT_IN.fullmatch(new) or use.argument(2, "count"):
        return value
    dotted = "." in kept[1] or "." in new
    return value.map(lambda taint: taint.clear(DOTTED)) if dotted else CLEAN


def _groups(text: str) -> Iterator[tuple[str, bool]]:
    """The groups of a pattern as keys of its match, and whether all that they can take is harmless."""
    number, opened = 0, list[tuple[int, int, str]]()
    for token in TOKEN.finditer(text):
        if token[0].startswith("("):
            group = GROUP.match(text, token.start())
            number += group is not None
            opened.append((token.end(), number if group else 0, (group[1] or "") if group else ""))
        elif token[0] == ")" and opened:
            start, own, name = opened.pop()
            if own:
                harmless = HARMLESS.fullmatch(text, start, token.start()) is not None
                yield from ((key, harmless) for key in (f"[{own}]", f"[{name!r}]" if name else "") if key)


def _is_plain(one: Given) -> bool:
    return not one.keyword and not one.star


def _written(file: SourceFile, call: cst.Call) -> str:
    """The pattern that a call is given; "" where it is not certain, or flags change what it says."""
    flags = argument(call, _flags_at(call), "flags")
    names = (
        {last_name(part) for part in inside(flags) if isinstance(part, (cst.Name, cst.Attribute))} if flags else set()
    )
    pattern = argument(call, 0, "pattern")
    known = constant(file, pattern) if pattern is not None and names <= PLAIN_FLAGS else None
    return known.value if known and isinstance(known.value, str) else ""


def _flags_at(call: cst.Call) -> int | None:
    """Where the flags stand among the arguments: https://docs.python.org/3/library/re.html#functions."""
    return {"compile": 1, "sub": 4, "subn": 4}.get(last_name(call.func), 2)


def _compiled(file: SourceFile, holder: cst.BaseExpression) -> cst.Call | None:
    """The call that compiles a pattern."""
    match holder:
        case cst.Name():
            found = definitions(file, holder)
            if found is None:
                return _compiles(module_value(file, holder.value))
            return _compiles(found[0].value) if len(found) == 1 and not found[0].adds else None
        case cst.Attribute(value=cst.Name(value="self" | "cls"), attr=cst.Name(value=name)):
            return _compiles(_held(file, file.definition_name(holder).rpartition(".")[0], name))
    return _compiles(holder)


def _compiles(node: cst.BaseExpression | None) -> cst.Call | None:
    return node if isinstance(node, cst.Call) and last_name(node.func) == "compile" else None


def _held(file: SourceFile, qualname: str, name: str) -> cst.BaseExpression | None:
    """What the body of a class binds a name to, when nothing else does."""
    if len(file.outline.names.get(qualname, {}).get(name, ())) != 1 or name in file.outline.attributes(qualname):
        return None
    klass = file.klass(qualname)
    lines = [line for line in klass.body.body if isinstance(line, cst.SimpleStatementLine)] if klass else []
    bound = (small for line in lines for small in line.body if isinstance(small, (cst.Assign, cst.AnnAssign)))
    return next((one.value for one in bound if _target(one) == name), None)


def _target(node: cst.Assign | cst.AnnAssign) -> str:
    target = node.targets[0].target if isinstance(node, cst.Assign) else node.target
    return target.value if isinstance(target, cst.Name) else ""
