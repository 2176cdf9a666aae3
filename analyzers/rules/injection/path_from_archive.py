"""A file whose path is the name of a member of an archive.

Why it matters: Whoever makes an archive chooses the names in it. With `..` or a leading `/` such a name leaves the
folder that the archive is unpacked into, and overwrites programs, keys and configuration.

What to do: Let the module unpack (`zipfile` keeps members inside, `tarfile` does with `filter="data"`), or make the
path absolute and stop unless it still lies in the folder.

What it does not see: Members that an archive gives when it is iterated over; links inside the archive.
"""

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="path-from-archive",
    title="An archive chooses the file",
    weakness="CWE-22",
    severity=Severity.MEDIUM,
    flow=("archive-member", "path"),
    message=(
        "A name in the archive, from `{source}`, becomes part of the path that `{sink}` works on: with `..` it can "
        "leave the folder."
    ),
    advice="Resolve the path and stop unless it still lies in the folder that is meant, before `{sink}` gets it.",
    topic="paths of archive members",
    clean="with no name that an archive chooses unchecked",
    in_tests=False,
    bad=(
        Bad(
            """
            import os, zipfile
            def unpack(path, folder):
                archive = zipfile.ZipFile(path)
                for name in archive.namelist():  # step
                    target = os.path.join(folder, name)  # step
                    with open(target, "wb") as file:  # finding
                        file.write(archive.read(name))
                archive.close()
            """
        ),
        Bad(
            """
            import tarfile
            def unpack(path, folder):
                archive = tarfile.open(path)
                for member in archive.getmembers():  # step
                    with open(folder + "/" + member.name, "wb") as file:  # finding
                        file.write(archive.extractfile(member).read())
            """
        ),
    ),
    good=(
        Good(
            "the path is made absolute and compared with the folder",
            """
            import os, zipfile
            def unpack(path, folder):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        target = os.path.realpath(os.path.join(folder, name))
                        if not target.startswith(os.path.realpath(folder) + os.sep):
                            raise ValueError(name)
                        with open(target, "wb") as file:
                            file.write(archive.read(name))
            """,
        ),
        Good(
            "names that are absolute or lead upwards are refused",
            """
            import os, zipfile
            def unpack(path, folder):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        if os.path.isabs(name) or ".." in name:
                            raise ValueError(name)
                        with open(os.path.join(folder, name), "wb") as file:
                            file.write(archive.read(name))
            """,
        ),
        Good(
            "only the last part of the name is kept",
            """
            import os, zipfile
            def unpack(path, folder):
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        with open(os.path.join(folder, os.path.basename(name)), "wb") as file:
                            file.write(archive.read(name))
            """,
        ),
    ),
)
