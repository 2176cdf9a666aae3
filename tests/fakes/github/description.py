"""GitHub's own description of its interfaces: it fills the fields nobody reads, and judges every exchange.

Judging needs jsonschema-rs and graphql-core, which only the tests install; without them `judge` is None.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DESCRIPTION: dict[str, Any] = json.loads((HERE / "rest.json").read_text("utf-8"))
DEFINITIONS: dict[str, Any] = DESCRIPTION["$defs"]
UNSET: Any = object()
OF_FORMAT = {"uri": "https://github.test/", "date-time": "2026-01-01T00:00:00Z", "email": "a@example.org"}
OF_TYPE = {"integer": 0, "number": 0, "boolean": False, "array": [], "string": "-", "null": None}


class Misuse(Exception):
    """Somebody spoke to GitHub, or answered for it, as its description does not allow."""


def filled(definition: str, **known: Any) -> dict[str, Any]:
    """An object of GitHub's with what is known, and something valid in every other required field."""
    result: dict[str, Any] = fill(DEFINITIONS[definition], known)
    return result


def fill(schema: Any, known: Any = UNSET) -> Any:
    """Something valid for the schema that holds what is known."""
    if "$ref" in schema:
        return fill(DEFINITIONS[schema["$ref"].rsplit("/", 1)[1]], known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _first(schema[choice], known)
    types = schema.get("type", "object")
    if "properties" in schema and known is not None and not (known is UNSET and "null" in types):
        return _object(schema, {} if known is UNSET else known)
    if known is not UNSET:
        return [fill(schema["items"], one) for one in known] if types == "array" else known
    if "null" in types:
        return None
    return schema["enum"][0] if "enum" in schema else OF_FORMAT.get(schema.get("format"), OF_TYPE.get(types, {}))


def _first(choices: list[Any], known: Any) -> Any:
    if known is None or (known is UNSET and {"type": "null"} in choices):
        return None
    return fill(choices[0], known)


def _object(schema: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema["properties"]
    names = dict.fromkeys([*schema.get("required", ()), *known])
    return {
        name: fill(properties[name], known.get(name, UNSET)) if name in properties else known.get(name)
        for name in names
    }


class Judge:
    """Holds every exchange against GitHub's description. Raises Misuse."""

    def __init__(self) -> None:
        import graphql
        import jsonschema_rs

        self._rs, self._graphql = jsonschema_rs, graphql
        self._schema = graphql.build_schema((HERE / "schema.graphql").read_text("utf-8"))
        self._operations = [(re.compile(_pattern(one["path"])), one) for one in DESCRIPTION["operations"]]
        self._validator = cache(self._compiled)

    def rest(self, verb: str, path: str, query: Mapping[str, str], body: Any, status: int, answer: Any) -> None:
        """One exchange with the REST interface; request bodies are sealed, unknown query parameters refused."""
        found = [
            (i, one) for i, (road, one) in enumerate(self._operations) if one["verb"] == verb and road.fullmatch(path)
        ]
        if not found:
            raise Misuse(f"{verb} {path} is no operation of GitHub that the cut holds")
        index, operation = found[0]
        if unknown := query.keys() - operation["query"].keys():
            raise Misuse(f"{verb} {path} knows no query parameter {sorted(unknown)}")
        if status < 400 and (operation["body"] is not None or body is not None):
            self._hold(f"{verb} {path}", index, "body", body)
        if str(status) in operation["answers"]:
            self._hold(f"the answer {status} to {verb} {path}", index, str(status), answer)

    def _compiled(self, index: int, part: str) -> Any:
        operation = DESCRIPTION["operations"][index]
        schema = operation["body"] if part == "body" else operation["answers"][part]
        whole = {"$defs": DEFINITIONS, "allOf": [schema if schema is not None else False]}
        return self._rs.validator_for(whole)

    def _hold(self, what: str, index: int, part: str, value: Any) -> None:
        if errors := [error.message for error in self._validator(index, part).iter_errors(value)]:
            raise Misuse(f"{what}: {errors[:3]}")

    def graphql(self, query: str, variables: Mapping[str, Any], answer: Any) -> None:
        """One exchange with the GraphQL interface: executing the query over the answer must give the answer."""
        result = self._graphql.graphql_sync(
            self._schema, query, root_value=answer.get("data"), variable_values=dict(variables)
        )
        if result.errors:
            raise Misuse(f"GraphQL: {result.errors[:3]}")
        if result.data != answer["data"]:
            raise Misuse(f"GraphQL would answer {result.data}, not {answer['data']}")


def _pattern(path: str) -> str:
    return "".join(
        ".+" if part == "{path}" else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", path)
    )


def judge() -> Judge | None:
    """The judge, or None where the tools of the tests are not installed."""
    try:
        return Judge()
    except ModuleNotFoundError:
        return None
