"""What programs read."""

import json

from bot.formats import json as json_format
from tests.bot.formats.samples import REQUEST, SQL, UNREAD, reviewed


def test_the_document_is_as_its_description_says() -> None:
    document = json.loads(json_format.render(reviewed(SQL, REQUEST, unread=(UNREAD,))))
    assert document["version"] == 1
    assert document["findings"][0] == {
        "path": "shop/db.py",
        "line": 41,
        "column": 5,
        "end_line": 41,
        "end_column": 37,
        "rule": "sql-from-user-input",
        "title": "SQL built from user input",
        "cwe": ["CWE-89"],
        "severity": "critical",
        "confidence": "high",
        "message": "`name` is put into the text of the statement that `cursor.execute` runs.",
        "advice": "Pass `name` as a bound parameter: `cursor.execute(query, (name,))`.",
        "definition": "search",
        "trace": [
            {"path": "shop/views.py", "line": 12, "column": 5, "what": "`name` comes from the request"},
            {"path": "shop/db.py", "line": 41, "column": 5, "what": "reaches `cursor.execute`"},
        ],
        "assumed": [],
        "fix": None,
        "mark": "a" * 16,
    }
    assert document["findings"][1]["fix"] == {
        "title": "Add `timeout=30`",
        "safety": "safe",
        "edits": [{"line": 9, "column": 30, "end_line": 9, "end_column": 30, "text": ", timeout=30"}],
    }
    assert document["files"] == [
        {"path": "shop/bad.py", "status": "unreadable", "reason": "it does not parse: line 3"},
        {"path": "shop/db.py", "status": "analysed", "reason": ""},
        {"path": "shop/net.py", "status": "analysed", "reason": ""},
    ]
    assert document["summary"].startswith("**Incomplete: 1 of 3 Python files")


def test_a_clean_review_is_a_document_too() -> None:
    document = json.loads(json_format.render(reviewed()))
    assert document["findings"] == []
    assert set(document) == {"version", "findings", "files", "summary"}
