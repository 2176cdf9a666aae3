"""A tar archive that decides itself where its files go.

Why it matters: The names in a tar archive may begin with `/` or hold `..`, and its links may point anywhere: unpacking
one that somebody else has made writes over files outside the folder that is meant.

What to do: Pass `filter="data"`, which refuses such members (Python 3.12, and the last releases of 3.8 to 3.11), or
look at each member before it is unpacked.

What it does not see: Archives that come in through a parameter or an attribute; what `shutil.unpack_archive` is given
without a word of tar; a check that is made before in another
function; Python 3.14, where "data" is what is done without asking.
"""

import re
from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.flow import api
from analyzers.glimpse import either, says, writes
from analyzers.model import Examined, Finding, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.scopes import dotted
from analyzers.source import SourceFile

MAKERS = frozenset({"tarfile.open", "tarfile.TarFile", "tarfile.TarFile.open"})
METHODS = frozenset({"extractall", "extract"})
# https://docs.python.org/3/library/shutil.html#shutil.unpack_archive
UNPACKER = "shutil.unpack_archive"
# Where a function says one of these, it looks at the names itself.
LOOKED_AT = re.compile(
    r"\"\.\.|'\.\.|isabs|(?:abs|real|norm)path\((?!os\.(?:curdir|getcwd)|__file__|[\"'])|commonp|resolve\(|relative_to|(?<!un)safe|is_?link|is_?sym"
    r"|startswith\((?:[\"'][/.]|\w)"
)
# In a script the lines before are looked at, in a function all that come before.
NEAR = 12
WHOLE = frozenset({"getmembers", "None"})
# A file that was installed together with the code.
SHIPPED = frozenset({"resource_filename", "resource_stream", "resource_path", "package_data", "__file__"})

PACKAGED = frozenset({"resource", "resources", "bundled", "packaged"})

RULE = Rule(
    name="archive-extracted-unchecked",
    title="A tar archive chooses where its files go",
    weakness="CWE-22",
    severity=Severity.MEDIUM,
    message="`{call}` unpacks members whose names hold `..` or begin with `/` outside the folder that is meant.",
    advice='Give `{call}` `filter="data"`: it refuses members that would leave the folder.',
    topic="archives",
    clean="unpacked with a filter",
    in_tests=False,
    needs=(either(writes(*METHODS), says("unpack_archive")),),
    bad=(
        Bad(
            """
            import tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    archive.extractall(folder)  # finding
            """
        ),
        Bad(
            """
            import tarfile
            def unpack(path, folder):
                archive = tarfile.open(path)
                for member in archive.getmembers():
                    archive.extract(member, folder)  # finding
                archive.close()
            """
        ),
        Bad(
            """
            import tarfile, zipfile
            def unpack(path, folder):
                if path.endswith(".zip"):
                    with zipfile.ZipFile(path) as archive:
                        archive.extractall(folder)
                else:
                    archive = tarfile.open(path)
                    archive.extractall(folder)  # finding
            """
        ),
        Bad(
            """
            import os, tarfile
            def build(path, folder):
                before = os.path.abspath(os.curdir)
                archive = tarfile.open(path)
                archive.extractall(folder)  # finding
                os.chdir(before)
            """
        ),
        Bad(
            """
            import shutil
            def unpack(path, folder):
                shutil.unpack_archive(path, folder, "gztar")  # finding
            """
        ),
        Bad(
            base="""
            import tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    archive.extractall(folder, filter="data")
            """,
            code="""
            import tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    archive.extractall(folder)  # finding
            """,
        ),
    ),
    good=(
        Good(
            "where this Python knows no filter, nothing better can be done",
            """
            import tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    try:
                        archive.extractall(folder, filter="data")
                    except TypeError:
                        archive.extractall(folder)
            """,
        ),
        Good(
            "a filter refuses what would leave the folder",
            """
            import tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    archive.extractall(folder, filter="data")
            """,
        ),
        Good(
            "the function looks at the names first",
            """
            import os, tarfile
            def unpack(path, folder):
                with tarfile.open(path) as archive:
                    for name in archive.getnames():
                        if os.path.isabs(name) or ".." in name:
                            raise ValueError(name)
                    archive.extractall(folder)
            """,
        ),
        Good(
            "so does this one",
            """
            import tarfile
            from tools import resource_bytes
            def install(name, folder):
                with resource_bytes(name) as data:
                    with tarfile.open(fileobj=data) as archive:
                        archive.extractall(folder)
            """,
        ),
        Good(
            "the archive comes with the program",
            """
            import tarfile
            from pkg_resources import resource_filename
            def install(folder):
                with tarfile.open(resource_filename(__name__, "ruby.tar.gz")) as archive:
                    archive.extractall(folder)
            """,
        ),
        Good(
            "the archive is none of tar, or a filter refuses what would leave the folder",
            """
            import shutil
            def unpack(path, folder):
                shutil.unpack_archive(path, folder, "zip")
                shutil.unpack_archive(f"{path}.tar.gz", folder, filter="data")
            """,
        ),
        Good(
            "only chosen members are unpacked",
            """
            import tarfile
            def unpack(path, folder, chosen):
                with tarfile.open(path) as archive:
                    archive.extractall(folder, members=chosen(archive))
            """,
        ),
        Good(
            "the zip module keeps members inside by itself",
            """
            import zipfile
            def unpack(path, folder):
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(folder)
            """,
        ),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call that unpacks."""
    if file.qualified(call.func) == UNPACKER:
        yield from _unpacked(call, file)
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in METHODS:
        return
    made = _opening(call.func.value, file)
    if not _is_tar(call.func.value, made, file) or _is_shipped(made, file):
        return
    if _is_filtered(call) or _is_looked_at(call, file) or _is_second_best(call, file):
        yield RULE.examined(file, call)
    else:
        yield RULE.finding(file, call, call=file.code(call.func))


def _unpacked(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """A call that unpacks whatever archive it is given, where that is said to be a tar archive."""
    given = (syntax.argument(call, 2, "format"), syntax.argument(call, 0, "filename"))
    if not any("tar" in (syntax.text_value(one) or "") for part in given if part for one in syntax.inside(part)):
        return
    if syntax.argument(call, None, "filter") is None and not _is_looked_at(call, file):
        yield RULE.finding(file, call, call=file.code(call.func))
    else:
        yield RULE.examined(file, call)


def _opening(node: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
    """What the archive is assigned from, or what a `with` around opens under its name."""
    value = api.assigned(file, node) if isinstance(node, cst.Name) else None
    if value is not None:
        return value
    blocks = (around for around in file.ancestors(node) if isinstance(around, cst.With))
    items = (
        item for block in blocks for item in block.items if item.asname and dotted(item.asname.name) == dotted(node)
    )
    opened = next(items, None)
    return opened.item if opened else None


def _is_tar(node: cst.BaseExpression, made: cst.BaseExpression | None, file: SourceFile) -> bool:
    """Whether the archive is seen to be opened."""
    origin = file.origin(node)
    if origin is not None:
        return origin.removesuffix("()") in MAKERS and origin.endswith("()")
    return isinstance(made, cst.Call) and file.qualified(made.func) in MAKERS


def _is_shipped(made: cst.BaseExpression | None, file: SourceFile) -> bool:
    """Whether the archive lies beside the code."""
    path = syntax.argument(made, 0, "name", "fileobj") if isinstance(made, cst.Call) else None
    opened = _opening(path, file) if isinstance(path, cst.Name) else None
    names = [node.value for one in (path, opened) if one for node in syntax.inside(one) if isinstance(node, cst.Name)]
    return any(name in SHIPPED or not PACKAGED.isdisjoint(syntax.words(name)) for name in names)


def _is_filtered(call: cst.Call) -> bool:
    """Whether a filter is given, or a choice of the members."""
    chosen = syntax.argument(call, 1, "members") if syntax.method(call) == "extractall" else None
    wanted = syntax.argument(call, None, "filter")
    trusting = syntax.text_value(wanted) == "fully_trusted" or syntax.last_name(wanted) == "fully_trusted_filter"
    if wanted is not None or syntax.has_stars(call):
        return not trusting
    return chosen is not None and syntax.last_name(chosen) not in {*WHOLE, syntax.last_name(syntax.receiver(call))}


def _is_second_best(call: cst.Call, file: SourceFile) -> bool:
    """Whether a filter was tried before, which this Python has not."""
    handler = next((one for one in file.ancestors(call) if isinstance(one, cst.ExceptHandler)), None)
    tried = file.parent(handler) if handler else None
    if not isinstance(tried, cst.Try):
        return False
    calls = (node for node in syntax.inside(tried.body) if isinstance(node, cst.Call))
    return any(syntax.method(one) == syntax.method(call) and _is_filtered(one) for one in calls)


def _is_looked_at(call: cst.Call, file: SourceFile) -> bool:
    definition, line = file.definition(call), file.span(call).line
    first = definition.head if definition else line - NEAR
    return any(LOOKED_AT.search(file.line_text(number)) for number in range(max(first, 1), line + 1))
