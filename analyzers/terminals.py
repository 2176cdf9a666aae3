"""Programs of the command line: whoever runs one sits in front of it, or watches it, and has a shell already."""

from analyzers.source import SourceFile

READERS = frozenset("argparse optparse getpass click typer cyclopts".split())
"""Packages that read a command line, or ask at a terminal."""


def at_a_terminal(file: SourceFile) -> bool:
    """Whether a module reads a command line, or is a script: it names its interpreter and starts not just tests."""
    if file.text.startswith("#!") and "__main__" in file.words and "testmod" not in file.words:
        return True
    roots = {one.target.partition(".")[0] for bound in file.outline.names[""].values() for one in bound}
    return not READERS.isdisjoint(roots)
