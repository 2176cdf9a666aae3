"""The standard's own schema of SARIF 2.1.0, as something to hold a log against."""

import json
from pathlib import Path

import jsonschema_rs

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text())
# Its pattern for languages has an unpaired bracket, which no strict reader of patterns takes.
for holder in ("run", "toolComponent"):
    del SCHEMA["definitions"][holder]["properties"]["language"]["pattern"]
VALIDATOR = jsonschema_rs.Draft4Validator(SCHEMA, validate_formats=True)
