"""What a call proves of its arguments, by its answer or by returning at all."""

import re
import string
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from analyzers.flow.compose import HOST_NAMED
from analyzers.flow.frame import Frame, access, joined
from analyzers.flow.given import Called, Given, select
from analyzers.flow.guards import SETS, about_of, as_set, halves, is_apart, members, subject, within
from analyzers.flow.patterns import matched, use_of
from analyzers.flow.text import constant
from analyzers.flow.value import CLEAN, ELSEWHERE, MEMBERS, NO_PARENT, RELATIVE, Proof, Value
from analyzers.models import ANY, Validator
from analyzers.syntax import argument, inside, last_name, method, text_value
from analyzers.vocabulary import NUMBER_TYPES, PROVING

# What shows that a path lies in a folder, and when: https://docs.python.org/3/library/pathlib.html
RELATIVE_TO = {"relative_to": "return", "is_relative_to": "true"}
NUMBERS = frozenset("int float bool len hash id ord abs complex uuid.UUID decimal.Decimal".split())
# They raise where a text is none of what they make.
READING = frozenset(
    "int float complex uuid.UUID decimal.Decimal datetime.datetime.strptime datetime.datetime.fromisoformat "
    "datetime.date.fromisoformat ipaddress.ip_address ipaddress.ip_network ipaddress.IPv4Address "
    "ipaddress.IPv6Address".split()
)
EVERY = {"all": True, "any": False}
# https://docs.python.org/3/library/string.html#string-constants
CHARACTERS = frozenset(
    "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation whitespace".split()
)
ROOT = re.compile(r"[.\[]")
WORDS = frozenset(string.ascii_letters + string.digits + "_-")

Found = Iterator[tuple[str, Proof]]
"""Proofs with what gives them: that the answer is "true" or "false", or the "return" alone."""


def proofs_of(frame: Frame, called: Called) -> Found:
    """What a call proves."""
    name = frame.models.canonical(called.name) if called.name else ""
    for validator in frame.models.named(Validator, called.name):
        for argument_, value in select(frame, (validator.argument,), called.given, called.node, called.receiver):
            path = about_of(argument_, value)
            if path:
                when = validator.proves != "false"
                yield validator.proves, Proof(path, validator.kinds, when, validator.needs)
    use = use_of(frame, called)
    yield from (("true", proof) for proof in matched(use)) if use else ()
    if called.given and not called.given[0].star:
        yield from _of_builtin(frame, called, name)
    if isinstance(called.func, cst.Attribute):
        yield from _of_method(frame, called, called.func)


def _of_builtin(frame: Frame, called: Called, name: str) -> Found:
    first = called.given[0]
    if name == "bool":
        yield from (("true", replace(proof, there=False)) for proof in first.value.proofs)
    elif name in READING and first.value.dirty:
        path = about_of(first.node, first.value)
        yield from [("return", Proof(path, (ANY,)))] if path else []
    elif name == "isinstance" and len(called.given) > 1:
        names = {part.value for part in inside(called.given[1].node) if isinstance(part, cst.Name)}
        path = subject(first.node)
        yield from [("true", Proof(path, (ANY,)))] if path and names and names <= NUMBER_TYPES else []
    elif name in EVERY and isinstance(first.node, (cst.GeneratorExp, cst.ListComp)):
        yield from (("true", proof) for proof in _each(frame, first.node, EVERY[name]))
        yield from (("true", proof) for proof in _of_others(frame, first.node, not EVERY[name]))


def _of_others(frame: Frame, node: cst.GeneratorExp | cst.ListComp, when: bool) -> Iterator[Proof]:
    """What `any(host == one for one in HOSTS)` proves, when it is true, of what is looked at in every turn."""
    names = {part.value for part in inside(node.for_in) if isinstance(part, cst.Name)}
    before = frame.state
    frame.state = {**before, **dict.fromkeys(names - before.keys(), CLEAN)}
    proofs = () if node.for_in.inner_for_in or frame.value(node.for_in.iter).dirty else frame.value(node.elt).proofs
    frame.state = before
    yield from (proof for proof in proofs if proof.when == when and ROOT.split(proof.path)[0] not in names)


def _each(frame: Frame, node: cst.GeneratorExp | cst.ListComp, when: bool) -> Iterator[Proof]:
    """What `all(x in ALLOWED for x in xs)` proves of `xs`; one that was filtered out is not looked at."""
    clause = node.for_in
    path = subject(clause.iter)
    if clause.inner_for_in or clause.ifs or not isinstance(clause.target, cst.Name) or not path:
        return
    name, before = clause.target.value, frame.state
    frame.state = {**before, name: frame.value(clause.iter).element()}
    proofs = frame.value(node.elt).proofs
    frame.state = before
    of_text = _characters(frame, node.elt, name, when)
    if of_text is not None:
        yield from [Proof(path, (ANY,), when)] if WORDS.issuperset(of_text) else []
    elif any(proof.path == name and proof.when == when and ANY in proof.kinds for proof in proofs):
        yield Proof(path, (MEMBERS,), when)


def _characters(frame: Frame, test: cst.BaseExpression, name: str, when: bool) -> str | None:
    """The characters that a test finds its character among when it comes out as `when`; None for other tests."""
    match test:
        case cst.Comparison(
            left=cst.Name(value=left), comparisons=[cst.ComparisonTarget(operator=how, comparator=among)]
        ):
            is_in = isinstance(how, cst.In)
            return (
                _text(frame, among)
                if left == name and is_in == when and (is_in or isinstance(how, cst.NotIn))
                else None
            )
        case cst.Call(func=cst.Attribute(value=cst.Name(value=left), attr=cst.Name(value=method)), args=[]):
            return "" if left == name and method in PROVING and when else None
        case cst.UnaryOperation(operator=cst.Not()):
            return _characters(frame, test.expression, name, not when)
        case cst.BooleanOperation() if isinstance(test.operator, cst.Or) == when:
            first, second = (_characters(frame, side, name, when) for side in (test.left, test.right))
            return None if first is None or second is None else first + second
    return None


def _text(frame: Frame, node: cst.BaseExpression) -> str | None:
    """A text that is certain, also with the constants of `string` in it, and as a set of its characters."""
    match node:
        case cst.BinaryOperation(operator=cst.Add()):
            left, right = _text(frame, node.left), _text(frame, node.right)
            return left + right if left is not None and right is not None else None
        case cst.Call(func=cst.Name(value=made)) if made in SETS:
            only = argument(node, 0)
            return _text(frame, only) if only is not None else None
    module, _, name = (frame.file.qualified(node) or "").rpartition(".")
    if module == "string" and name in CHARACTERS:
        return str(getattr(string, name))
    found = constant(frame.file, node)
    return found.value if found and isinstance(found.value, str) else None


def _of_method(frame: Frame, called: Called, func: cst.Attribute) -> Found:
    first, receiver = called.given[0].value if called.given else CLEAN, called.receiver or CLEAN
    if called.method == "issubset" and called.given and is_apart(first, receiver):
        yield from (("true", proof) for proof in members(as_set(func.value), when=True))
    elif called.method == "issuperset" and called.given and is_apart(receiver, first):
        made = called.given[0].node
        yield from (("true", proof) for proof in members(as_set(made) or made, when=True))
    elif called.method in RELATIVE_TO and (resolved := _resolved(func)):
        yield RELATIVE_TO[called.method], Proof(resolved, ("path",))
    elif receiver.dirty:
        yield from _of_text(frame, called, func, receiver)


def _of_text(frame: Frame, called: Called, func: cst.Attribute, receiver: Value) -> Found:
    """What a method proves of the text or path that it is called on."""
    path = about_of(func.value, receiver)
    first = called.given[0] if called.given else None
    if path and called.method in PROVING:
        yield "true", Proof(path, (ANY,))
    elif called.method in PROVING and (spared := _spared(func.value)):
        yield from [("true", Proof(spared, (ANY,)))]
    elif called.method == "endswith" and first and "url" in receiver.about[1] and _is_below(frame, first):
        yield "true", Proof(*receiver.about)
    elif called.method == "startswith" and first and text_value(first.node) in ("/", "\\"):
        yield from (("false", proof) for proof in halves(path, RELATIVE, NO_PARENT, when=False))
    elif called.method in (*RELATIVE_TO, "startswith") and first and is_apart(first.value, receiver):
        if called.method == "startswith" and path and _names_host(frame, first.node):
            yield "true", Proof(path, tuple(sorted(ELSEWHERE)))
        told = "return" if called.method == "relative_to" else "true"
        holder = _as_path(func.value)
        looked_at = receiver if holder is func.value else frame.value(holder)
        yield from ((told, proof) for proof in within(holder, looked_at))


def _spared(node: cst.BaseExpression) -> str:
    """What `name.replace("-", "")` is made of by leaving out nothing but harmless characters; "" for other values."""
    match node:
        case cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value="replace")), args=[old, new]):
            left_out = text_value(old.value)
            harmless = left_out is not None and WORDS.issuperset(left_out) and text_value(new.value) == ""
            return (subject(holder) or _spared(holder)) if harmless else ""
    return ""


def _is_below(frame: Frame, end: Given) -> bool:
    """Whether a host of such an end belongs to whom the rest does: `.example.com`, not `example.com`."""
    found = constant(frame.file, end.node)
    texts = found.value if found and isinstance(found.value, tuple) else (found.value if found else end.value.begins,)
    unknown = found is None and not end.value.begins
    return not end.value.dirty and (unknown or all(isinstance(text, str) and text.startswith(".") for text in texts))


def _names_host(frame: Frame, node: cst.BaseExpression) -> bool:
    """Whether every beginning that is looked for fixes the host of an address, its slash included."""
    found = constant(frame.file, node)
    texts = found.value if found and isinstance(found.value, tuple) else (found.value,) if found else ()
    return bool(texts) and all(isinstance(text, str) and HOST_NAMED.match(text) for text in texts)


def _as_path(node: cst.BaseExpression) -> cst.BaseExpression:
    """`path` of `str(path)`."""
    if isinstance(node, cst.Call) and last_name(node.func) in ("str", "fspath") and len(node.args) == 1:
        return node.args[0].value
    return (
        node.func.value
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and method(node) == "as_posix"
        else node
    )


def _resolved(func: cst.BaseExpression) -> str:
    """The access path of `path` in `path.resolve().relative_to`: whatever its type, only paths have both methods."""
    match func:
        case cst.Attribute(value=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value="resolve")))):
            return joined(access(holder) or ())
    return ""
