"""YAML read by a loader that can run code.

Why it matters: A YAML text can name Python objects to make. The full loaders make them, so a text from outside can run
any command with the rights of the program.

What to do: Use `yaml.safe_load`: it makes plain values only.

What it does not see: A loader that comes in through a parameter; loaders derived from the unsafe ones in other files.
"""

from collections.abc import Iterator

import libcst as cst

from analyzers import syntax
from analyzers.glimpse import named
from analyzers.model import Edit, Examined, Finding, Fix, Safety, Severity
from analyzers.rule import Bad, Good, Rule
from analyzers.source import SourceFile

LOADS = {"yaml.load": "yaml.safe_load", "yaml.load_all": "yaml.safe_load_all"}
UNSAFE = frozenset({"yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load", "yaml.full_load_all"})
SAFE_LOADERS = frozenset({"SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader"})
UNSAFE_LOADERS = frozenset({"Loader", "UnsafeLoader", "FullLoader", "CLoader", "CFullLoader", "CUnsafeLoader"})

RULE = Rule(
    name="unsafe-yaml-load",
    title="YAML loader that can run code",
    weakness="CWE-502",
    severity=Severity.HIGH,
    message="`{call}` reads YAML with {loader}{harm}.",
    advice="Read it with `yaml.safe_load`; add a constructor to the safe loader where the text needs a type of yours.",
    topic="YAML reads",
    clean="with a safe loader",
    in_tests=False,
    in_tools=False,
    needs=(named(LOADS, UNSAFE),),
    known_as=("S506",),
    bad=(
        Bad(
            """
            import yaml
            settings = yaml.load(text)  # finding
            """,
            fixed="""
            import yaml
            settings = yaml.safe_load(text)
            """,
        ),
        Bad(
            """
            import yaml
            settings = yaml.load(text, Loader=yaml.Loader)  # finding
            """,
            fixed="""
            import yaml
            settings = yaml.safe_load(text)
            """,
        ),
        Bad(
            """
            from yaml import unsafe_load
            def read(stream):
                return unsafe_load(stream)  # finding
            """
        ),
        Bad(
            base="""
            import yaml
            def read(stream):
                return yaml.load(stream, Loader=yaml.SafeLoader)
            """,
            code="""
            import yaml
            def read(stream):
                return yaml.load(stream, Loader=yaml.UnsafeLoader)  # finding
            """,
            fixed="""
            import yaml
            def read(stream):
                return yaml.safe_load(stream)
            """,
        ),
    ),
    good=(
        Good("the loader makes plain values only", "import yaml\nsettings = yaml.load(text, yaml.SafeLoader)"),
        Good(
            "the safe loader, in C where there is one",
            """
            import yaml
            Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            settings = yaml.load(text, Loader=Loader)
            """,
        ),
        Good(
            "the loader of the file is a safe one with one more type",
            """
            import yaml
            class Settings(yaml.SafeLoader):
                pass
            settings = yaml.load(text, Settings)
            """,
        ),
        Good("the text is written out here", 'import yaml\nsettings = yaml.load("a: 1", Loader=yaml.FullLoader)'),
    ),
)


@RULE.on(cst.Call)
def check(call: cst.Call, file: SourceFile) -> Iterator[Finding | Examined]:
    """One call."""
    name = file.qualified(call.func)
    if name not in LOADS and name not in UNSAFE:
        return
    loader = syntax.argument(call, 1, "Loader")
    if syntax.text_value(syntax.argument(call, 0, "stream")) is not None or (loader and not _unsafe(loader, file)):
        yield RULE.examined(file, call)
    elif not (syntax.has_stars(call) and name in LOADS):
        loader_name, harm = _loader(loader, name, file)
        call_name = f"{file.code(call.func)}()"
        fix = _fix(call, name, file)
        yield RULE.finding(file, call, fix=fix, call=call_name, loader=loader_name, harm=harm)


def _loader(loader: cst.BaseExpression | None, name: str, file: SourceFile) -> tuple[str, str]:
    """The loader in words, and what it does.

    https://github.com/yaml/pyyaml/wiki/PyYAML-yaml.load(input)-Deprecation; the full loader was repaired in 5.4,
    https://github.com/yaml/pyyaml/blob/main/CHANGES
    """
    if loader is None and name in LOADS:
        return "no loader named", ", so PyYAML before 6 makes any object that the text names"
    own = "the full loader" if "full" in name else "the loader that makes any object"
    said = file.code(loader) if loader else own
    if "full" in (said + name).lower():
        return said, ", through which texts could run code in releases of PyYAML before 5.4"
    return said, ", so a text that names os.system calls it"


def _unsafe(loader: cst.BaseExpression, file: SourceFile) -> bool:
    name = file.qualified(loader) or ""
    return name.startswith(("yaml.", "_yaml.")) and name.rpartition(".")[2] in UNSAFE_LOADERS


def _fix(call: cst.Call, name: str, file: SourceFile) -> Fix | None:
    """`yaml.load(x, ...)` becomes `yaml.safe_load(x)`; only where `yaml` itself is at hand."""
    if name not in LOADS or not isinstance(call.func, cst.Attribute) or not call.args or call.args[0].keyword:
        return None
    safe = LOADS[name].rpartition(".")[2]
    text = f"{file.code(call.func.value)}.{safe}({file.code(call.args[0].value)})"
    return Fix("Make plain values only", Safety.UNSAFE, (Edit(file.span(call), text),))
