"""Cuts GitHub's own descriptions to what the bot calls: `python -m tests.fakes.github.cut NODE_MODULES`.

NODE_MODULES is the folder into which `npm install @octokit/openapi @octokit/graphql-schema` put them. Both are MIT
licensed; the notice stands in NOTICE.md. Writes rest.json (JSON Schema, made from OpenAPI 3.0) and schema.graphql.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OPERATIONS = (
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/files"),
    ("post", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"),
    ("post", "/repos/{owner}/{repo}/pulls/{pull_number}/comments"),
    ("post", "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("get", "/repos/{owner}/{repo}/compare/{basehead}"),
    ("get", "/repos/{owner}/{repo}/contents/{path}"),
    ("get", "/repos/{owner}/{repo}/git/blobs/{file_sha}"),
    ("get", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
)
GRAPHQL_ROOTS = {
    "Query": ("repository", "viewer"),
    "Mutation": ("resolveReviewThread",),
    "Repository": ("pullRequest",),
    "PullRequest": ("headRefOid", "reviewThreads", "comments"),
    "User": ("login",),
    "Bot": ("login",),
    "Mannequin": ("login",),
    "Organization": ("login",),
    "EnterpriseUserAccount": ("login",),
    "Actor": ("login",),
    "PullRequestReviewThreadConnection": ("nodes", "pageInfo", "totalCount"),
    "PullRequestReviewThread": ("id", "isResolved", "isOutdated", "path", "line", "resolvedBy", "comments"),
    "PullRequestReviewCommentConnection": ("nodes", "pageInfo", "totalCount"),
    "PullRequestReviewComment": ("databaseId", "fullDatabaseId", "body", "viewerDidAuthor", "author"),
    "IssueCommentConnection": ("nodes", "pageInfo", "totalCount"),
    "IssueComment": ("databaseId", "fullDatabaseId", "body", "viewerDidAuthor", "author"),
    "PageInfo": ("hasNextPage", "endCursor", "hasPreviousPage", "startCursor"),
    "ResolveReviewThreadPayload": ("clientMutationId", "thread"),
    "ResolveReviewThreadInput": ("clientMutationId", "threadId"),
}
SCALARS = {"ID", "Int", "String", "Boolean", "BigInt", "GitObjectID"}
WORDS_ONLY = {"description", "example", "examples", "externalDocs", "title", "deprecated", "readOnly", "discriminator"}


def schema_of(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema, without the words."""
    if isinstance(node, list):
        return [schema_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _kept(key, value) for key, value in node.items() if not _dropped(key, value)}
    if isinstance(kept.get("$ref"), str):
        return {"$ref": kept["$ref"].replace("#/components/schemas/", "#/$defs/")}
    return _nullable(kept) if node.get("nullable") is True else kept


def _dropped(key: str, value: Any) -> bool:
    return key.startswith("x-") or key == "nullable" or (key in WORDS_ONLY and not isinstance(value, dict | bool))


def _kept(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: schema_of(one) for name, one in value.items()}
    return value if key in ("required", "enum", "default") else schema_of(value)


def _nullable(kept: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kept.get("type"), str):
        enum = {"enum": [*kept["enum"], None]} if "enum" in kept else {}
        return kept | {"type": [kept["type"], "null"]} | enum
    return {"anyOf": [kept, {"type": "null"}]}


def sealed(node: Any) -> Any:
    """A request's schema that refuses keys it does not know: the description leaves objects open."""
    if isinstance(node, list):
        return [sealed(item) for item in node]
    if not isinstance(node, dict):
        return node
    inside = {key: sealed(value) for key, value in node.items()}
    return inside | {"additionalProperties": False} if "properties" in node else inside


def operation(description: Any, verb: str, path: str) -> dict[str, Any]:
    """What one operation takes and gives."""
    found = description["paths"][path][verb]
    parameters = [_resolved(description, one) for one in found.get("parameters", [])]
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "verb": verb.upper(),
        "path": path,
        "query": {one["name"]: schema_of(one["schema"]) for one in parameters if one["in"] == "query"},
        "body": sealed(schema_of(body)) if body else None,
        "answers": {status: _answer(description, one) for status, one in found["responses"].items()},
    }


def _resolved(description: Any, node: Any) -> Any:
    if "$ref" not in node:
        return node
    for step in node["$ref"].removeprefix("#/").split("/"):
        description = description[step]
    return description


def _answer(description: Any, response: Any) -> Any:
    content = _resolved(description, response).get("content", {})
    return schema_of(content["application/json"]["schema"]) if "application/json" in content else True


def references(node: Any) -> set[str]:
    """The names of all definitions that a schema points to."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].rsplit("/", 1)[1]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(references(value) for value in node.values()))


def cut_rest(description: Any) -> dict[str, Any]:
    """The operations and every definition they reach."""
    operations = [operation(description, verb, path) for verb, path in OPERATIONS]
    definitions: dict[str, Any] = {}
    missing = references(operations)
    while missing:
        name = missing.pop()
        definitions[name] = schema_of(description["components"]["schemas"][name])
        missing |= references(definitions[name]) - definitions.keys()
    source = f"@octokit/openapi {description['info']['version']}"
    return {"source": source, "operations": operations, "$defs": dict(sorted(definitions.items()))}


def cut_graphql(text: str) -> str:
    """The types and fields above, with the arguments and types that GitHub gives them."""
    from graphql import build_schema, print_type

    whole = build_schema(text, assume_valid_sdl=True)
    parts = []
    for name, wanted in GRAPHQL_ROOTS.items():
        type_ = whole.type_map[name]
        fields = type_.fields
        type_.fields = {key: value for key, value in fields.items() if key in wanted}
        type_.description = None
        for value in type_.fields.values():
            value.description = None
            for argument in getattr(value, "args", {}).values():
                argument.description = None
            if hasattr(value, "args"):
                value.args = {key: one for key, one in value.args.items() if "order" not in key.lower()}
        if hasattr(type_, "interfaces"):
            type_.interfaces = tuple(one for one in type_.interfaces if one.name in GRAPHQL_ROOTS)
        parts.append(print_type(type_))
    scalars = [f"scalar {name}" for name in ("BigInt", "GitObjectID")]
    return "\n\n".join([*parts, *scalars]) + "\n"


def main(node_modules: Path) -> None:
    """Write both cuts beside this file."""
    description = json.loads((node_modules / "@octokit/openapi/generated/api.github.com.json").read_text("utf-8"))
    (HERE / "rest.json").write_text(json.dumps(cut_rest(description), indent=1, sort_keys=True) + "\n", "utf-8")
    schema = (node_modules / "@octokit/graphql-schema/schema.graphql").read_text("utf-8")
    (HERE / "schema.graphql").write_text(cut_graphql(schema), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
