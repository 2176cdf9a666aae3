"""Ways to write a program anew that mean the same: deeper, in another order, as a formatter leaves it."""

# ruff: noqa: N802  libcst names the methods of its visitors so.

import ast
import io
import tokenize
from collections.abc import Callable, Sequence

import libcst as cst

STRINGS = frozenset(
    {tokenize.STRING}
    | {getattr(tokenize, name) for name in ("FSTRING_MIDDLE", "TSTRING_MIDDLE") if hasattr(tokenize, name)}
)
DEFINITIONS = (cst.FunctionDef, cst.ClassDef)
IN_BRACKETS = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
BEHIND = cst.ParenthesizedWhitespace(indent=True)


def indented(code: str) -> str:
    """The code one level deeper; what stands inside of texts stays."""
    kept: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type in STRINGS:
            kept.update(range(token.start[0] + 1, token.end[0] + 1))
    lines = code.splitlines(keepends=True)
    return "".join(text if n in kept or not text.strip() else "    " + text for n, text in enumerate(lines, 1))


def under_condition(code: str) -> str:
    """All of it under a condition."""
    return "if True:\n" + indented(code)


def under_try(code: str) -> str:
    """All of it in a `try`."""
    return "try:\n" + indented(code) + "finally:\n    pass\n"


class Deeper(cst.CSTTransformer):
    """The bodies of functions under a condition, but for their docstrings."""

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        body = updated_node.body
        if not isinstance(body, cst.IndentedBlock):
            return updated_node
        first = 1 if ast.get_docstring(_parsed(original_node)) is not None else 0
        inner = cst.If(cst.Name("True"), cst.IndentedBlock(body.body[first:] or [_pass()]))
        return updated_node.with_changes(body=body.with_changes(body=[*body.body[:first], inner]))


def _parsed(function: cst.FunctionDef) -> ast.FunctionDef | ast.AsyncFunctionDef:
    (node,) = ast.parse(cst.Module([function.with_changes(decorators=[])]).code).body
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return node


def _pass() -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.Pass()])


class Broken(cst.CSTTransformer):
    """Calls of several arguments with a line for each and a comma at the end; quotes of the other kind."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if len(updated_node.args) < 2:
            return updated_node
        *before, last = updated_node.args
        comma = cst.Comma(whitespace_after=IN_BRACKETS)
        args = [
            *(one.with_changes(comma=comma) for one in before),
            last.with_changes(comma=cst.Comma(whitespace_after=BEHIND)),
        ]
        return updated_node.with_changes(whitespace_before_args=IN_BRACKETS, args=args)

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        return False

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        value = updated_node.value
        if not value.startswith("'") or value.startswith("'''") or set(value[1:-1]) & set("'\"\\"):
            return updated_node
        return updated_node.with_changes(value=f'"{value[1:-1]}"')


class Spaced(cst.CSTTransformer):
    """What is returned or assigned in parentheses on lines of their own."""

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        value = updated_node.value
        if value is None or value.lpar or isinstance(value, (cst.Tuple, cst.Yield)):
            return updated_node
        return updated_node.with_changes(value=_in_lines(value))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        value = updated_node.value
        if value.lpar or isinstance(value, (cst.Tuple, cst.Yield)):
            return updated_node
        return updated_node.with_changes(value=_in_lines(value))


def _in_lines(value: cst.BaseExpression) -> cst.BaseExpression:
    """The expression in parentheses that stand on lines of their own."""
    left, right = cst.LeftParen(whitespace_after=IN_BRACKETS), cst.RightParen(whitespace_before=BEHIND)
    return value.with_changes(lpar=[left], rpar=[right])


class Turned(cst.CSTTransformer):
    """Neighbouring definitions in the other order."""

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=_turned(updated_node.body))

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(body=_turned(updated_node.body))


def _turned(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """A block in which each run of functions, and each of classes, stands in the other order."""
    done: list[cst.BaseStatement] = []
    run: list[cst.BaseStatement] = []
    for one in [*body, None]:
        if run and (type(one) is not type(run[-1])):
            done += reversed(run) if _is_free(run) else run
            run = []
        if isinstance(one, DEFINITIONS):
            run.append(one)
        elif one is not None:
            done.append(one)
    return done


def _is_free(run: Sequence[cst.BaseStatement]) -> bool:
    """Whether the order of some definitions says nothing: none twice, none a base or decorator of another."""
    names = [one.name.value for one in run if isinstance(one, DEFINITIONS)]
    heads = "".join(cst.Module([one.with_changes(body=cst.IndentedBlock([_pass()]))]).code for one in run)
    return len(set(names)) == len(names) and all(heads.count(name) == 1 for name in names)


def by(transformer: Callable[[], cst.CSTTransformer]) -> Callable[[str], str]:
    """The rewriting of a program that a transformer makes."""
    return lambda code: cst.parse_module(code).visit(transformer()).code


WAYS: dict[str, Callable[[str], str]] = {
    "under a condition": under_condition,
    "in a try": under_try,
    "deeper": by(Deeper),
    "another order": by(Turned),
    "broken anew": by(Broken),
    "in parentheses": by(Spaced),
}
