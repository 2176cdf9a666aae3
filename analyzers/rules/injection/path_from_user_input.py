"""A file whose path contains what a client sent.

Why it matters: With `..` or a leading `/` the client leaves the folder that was meant: it reads keys and
configuration, or writes over them. `os.path.join` does not help: an absolute part throws away everything before it.

What to do: Make the path absolute and compare: `path = (BASE / name).resolve()`, then stop unless
`path.is_relative_to(BASE)`. For a plain file name `werkzeug.utils.secure_filename` does; better, look it up.

What it does not see: Paths that are put together in a database or by a template; links inside the folder.
"""

import re

from analyzers.model import Severity
from analyzers.rule import Bad, Good, Rule

RULE = Rule(
    name="path-from-user-input",
    title="A client chooses the file",
    weakness="CWE-22",
    severity=Severity.HIGH,
    doubts=re.compile(r"\bsecure_\w*name|saniti[sz]e"),
    flow=("user-input", "path"),
    message=(
        "What the client sends as `{source}` becomes part of the path that `{sink}` works on: with `..` it "
        "can leave the folder."
    ),
    advice="Resolve the path and stop unless it still lies in the folder that is meant, before `{sink}` gets it.",
    topic="file paths",
    clean="with no part that a client chooses unchecked",
    in_tests=False,
    in_tools=False,
    bad=(
        Bad(
            """
            from flask import request
            def download():
                name = request.args["name"]  # step
                with open("/srv/files/" + name) as file:  # finding
                    return file.read()
            """
        ),
        Bad(
            """
            import os
            from flask import Flask, send_file
            app = Flask(__name__)
            @app.route("/files/<path:name>")
            def download(name):  # step
                path = os.path.join("/srv/files", name)  # step
                return send_file(path)  # finding
            """
        ),
        Bad(
            """
            import os
            from flask import request
            def download():
                path = os.path.join("/srv/files", request.args["name"])  # step
                if not path.startswith("/srv/files/"):
                    return "no"
                os.remove(path)  # finding
            """
        ),
        Bad(
            """
            import os
            from flask import request
            def keep():
                upload = request.files["file"]  # step
                upload.save(os.path.join("/srv/files", upload.filename))  # finding
                for other in request.files.getlist("others"):  # step
                    other.save("/srv/files/" + other.filename)  # finding
            """
        ),
    ),
    good=(
        Good(
            "the path is made absolute and compared with the folder",
            """
            import os
            from flask import abort, request
            def download():
                path = os.path.realpath(os.path.join("/srv/files", request.args["name"]))
                if not path.startswith("/srv/files/"):
                    abort(404)
                return open(path).read()
            """,
        ),
        Good(
            "without dots there is no way up, and behind other text none to the top",
            """
            from flask import request
            def save(folder):
                ending = request.form["ending"].replace(".", "")
                with open(folder / f"original.{ending}", "wb") as file:
                    file.write(request.data)
            """,
        ),
        Good(
            "what is uploaded is no name",
            """
            from fastapi import FastAPI, File
            app = FastAPI()
            @app.post("/images")
            def save(image: bytes = File(...)):
                with open("latest.png", "wb") as file:
                    file.write(image)
                    copy(image)

            def copy(path):
                open(path)
            """,
        ),
        Good(
            "every character of the name is looked at",
            """
            import os, re
            from flask import abort, request
            def load():
                name = request.args["name"]
                if not re.match(r"^[A-Za-z0-9_.+-]+$", name):
                    abort(400)
                return open(os.path.join("/srv/settings", name)).read()
            """,
        ),
        Good(
            "an ending, or the last part of a path, has no slash in it",
            """
            import os, uuid
            from pathlib import Path
            from flask import request
            def upload():
                sent = request.files["file"]
                ending = os.path.splitext(sent.filename)[1]
                sent.save(os.path.join("/srv/files", uuid.uuid4().hex + ending))
                _, ending = os.path.splitext(sent.filename)
                sent.save(f"/srv/files/{uuid.uuid4()}{ending}")
                sent.save("/srv/files/" + Path(sent.filename).name)
                sent.save(f"/srv/files/{Path(sent.filename).stem}-{uuid.uuid4()}{Path(sent.filename).suffix}")
            """,
        ),
        Good(
            "only the last part of the name is kept, made safe",
            """
            from flask import request
            from werkzeug.utils import secure_filename
            def upload():
                sent = request.files["file"]
                open("/srv/files/" + secure_filename(sent.filename), "wb").close()
            """,
        ),
    ),
)
