"""Where code says itself that a certificate is not verified on purpose: a condition, a name, a comment, an address."""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.model import Confidence
from analyzers.source import SourceFile
from analyzers.waits import address, running

# A condition that speaks of one of these: whoever runs the program has asked for it.
EXPLAINED = re.compile(r"(?i)verif|validat|(?<![a-z])cert|self-signed|\bssl|\btls")
# With fewer words nothing is explained.
EXPLANATION_WORDS = 8
# A comment that says what is done: it is meant. So does one that speaks of certificates and of leaving something out.
OPENLY = re.compile(r"(?i)insecure|unverified|self[- ]?signed")
ABOUT = re.compile(r"(?i)\b(?:ssl|tls|https|certs?\b|certificat|host ?name)|verif|validat")
LEFT_OUT = re.compile(
    r"(?i)\b(?:disabl|skip|ignor|bypass|suppress|accept|trust|without|todo\b|fixme\b|false\b|not?\b|none\b|off\b|any\b)"
    r"|n't\b"
)
EXPLAINABLE = (cst.SimpleStatementLine, cst.With, cst.If)
ASKED = re.compile(r"(?i)insecure|verif|validat|unsafe|skip|ignore|self_?signed|no_?check|trust|CERT_NONE|cert_reqs")
# The same in the name of a function.
NAMED = re.compile(r"(?i)insecure|unverif|no_?verif|unsafe|skip|self_?signed|no_?check")
# An address as it is written out, and one of the machine itself.
ADDRESS = re.compile(r"(?:https|wss)://.|(?:localhost|127\.[\d.]+|\[?::1\]?)(?::\d+)?$")
LOOPBACK = re.compile(r"(?:(?:https|wss)://)?(?:localhost|127\.[\d.]+|\[?::1\]?)(?:[:/?#]|$)")


def asked_for(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a condition around it, or the name of the function, speaks of insecurity, or a comment says why.

    Nobody stands between a program and its own machine.
    """
    if _is_explained(node, file) or _stays_here(node, file):
        return True
    tests = [around.test for around in file.ancestors(node) if isinstance(around, (cst.If, cst.IfExp))]
    tests += _passed(node, file)
    if NAMED.search(file.definition_name(node).rpartition(".")[2]):
        return True
    return any(ASKED.search(file.code(test)) or _is_option(test) for test in tests)


def sureness(node: cst.CSTNode, file: SourceFile) -> Confidence:
    """Medium where a comment says that it is meant: who reads the line knows already."""
    return Confidence.MEDIUM if any(map(_announces, _comments(node, file))) else Confidence.HIGH


def _announces(comment: str) -> bool:
    return bool(OPENLY.search(comment) or (ABOUT.search(comment) and LEFT_OUT.search(comment)))


def _is_explained(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether a comment of some words says why."""
    return any(map(_explains, _comments(node, file)))


def _comments(node: cst.CSTNode, file: SourceFile) -> Iterator[str]:
    """The comments beside a node, and right above its statement or the `with` or `if` around it."""
    span = file.span(node)
    yield from (file.line_text(line).partition("#")[2].strip() for line in range(span.line, span.end_line + 1))
    yield from {
        _comment_above(file.span(one).line, file) for one in file.ancestors(node) if isinstance(one, EXPLAINABLE)
    }


def _explains(comment: str) -> bool:
    return len(comment.split()) >= EXPLANATION_WORDS and EXPLAINED.search(comment) is not None


def _comment_above(line: int, file: SourceFile) -> str:
    said: list[str] = []
    while line > 1 and (text := file.line_text(line - 1).strip()).startswith("#"):
        said.insert(0, text.strip("# "))
        line -= 1
    return " ".join(said)


def _stays_here(node: cst.CSTNode, file: SourceFile) -> bool:
    """Whether the address of a call, or else each that its function writes out, is this very machine's."""
    own = address(node, file) if isinstance(node, cst.Call) else ""
    if ADDRESS.match(own):
        return LOOPBACK.match(own) is not None
    function = running(node, file)
    written = _addresses(function, file) if isinstance(function, cst.FunctionDef) else ()
    return bool(written) and all(map(LOOPBACK.match, written))


def _addresses(function: cst.FunctionDef, file: SourceFile) -> tuple[str, ...]:
    """The addresses that a function writes out."""
    known: dict[cst.FunctionDef, tuple[str, ...]] = file.cache.setdefault(_addresses, {})
    if function not in known:
        texts = map(_text, syntax.inside(function.body))
        known[function] = tuple(text for text in texts if text and ADDRESS.match(text))
    return known[function]


def _text(node: cst.CSTNode) -> str | None:
    return node.value if isinstance(node, cst.FormattedStringText) else syntax.text_value(node)


def _passed(node: cst.CSTNode, file: SourceFile) -> list[cst.BaseExpression]:
    """The conditions above in the function that would have left it: `if verified: return create_default_context()`."""
    function = running(node, file)
    block = function.body.body if isinstance(function, cst.FunctionDef) else ()
    ifs = [one for one in block if isinstance(one, cst.If) and file.span(one).end_line < file.span(node).line]
    return [one.test for one in ifs if any(isinstance(part, cst.Return) for part in syntax.inside(one.body))]


def _is_option(test: cst.BaseExpression) -> bool:
    """A switch of the command line: `args.td`."""
    return isinstance(test, cst.Attribute) and syntax.is_name(test.value, "args", "ar", "opts", "options", "parsed")
