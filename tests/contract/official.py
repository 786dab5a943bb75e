"""What two contracts say differently: an official one, and our own beside it."""

from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

Node = dict[str, Any]


def reference_name(schema: Node) -> str | None:
    """The name of the schema that a property is, directly or as the only part of an allOf."""
    parts = [schema, *schema.get("allOf", ())]
    found = [part["$ref"] for part in parts if "$ref" in part]
    return str(found[0]).rpartition("/")[2] if len(found) == 1 else None


class Contract:
    """A contract with its schemas flattened: what allOf brings together is one list of properties."""

    def __init__(self, document: Node, *others: Node) -> None:
        self.document: Node = {"paths": {}, "components": {}}
        for each in (document, *others):
            self.document["paths"].update(each["paths"])
            for kind, named in each["components"].items():
                self.document["components"].setdefault(kind, {}).update(named)
        self.paths: Node = self.document["paths"]
        self.schemas: Node = self.document["components"]["schemas"]

    def resolved(self, node: Node) -> Node:
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].partition("#/")[2].split("/"):
                found = found[step]
            node = found
        return node

    def calls(self) -> dict[str, Node]:
        methods = ("get", "post", "put", "patch", "delete")
        return {f"{m.upper()} {path}": item[m] for path, item in self.paths.items() for m in methods if m in item}

    def parts(self, schema: Node) -> list[Node]:
        schema = self.resolved(schema)
        return [schema, *(part for each in schema.get("allOf", ()) for part in self.parts(each))]

    def properties(self, name: str) -> Node:
        """{property: schema}; the last part of an allOf, the most special one, speaks last."""
        return {
            key: each
            for part in self.parts(self.schemas[name])
            for key, each in part.get("properties", {}).items()
        }

    def required(self, name: str) -> set[str]:
        return {key for part in self.parts(self.schemas[name]) for key in part.get("required", ())}

    def reachable(self, node: Any, seen: set[str]) -> set[str]:
        """The schemas that a node leads to."""
        if isinstance(node, dict):
            target = node.get("$ref")
            if isinstance(target, str) and target not in seen:
                seen.add(target)
                self.reachable(self.resolved(node), seen)
            for key, value in node.items():
                if key not in ("discriminator", "examples"):
                    self.reachable(value, seen)
        elif isinstance(node, list):
            for value in node:
                self.reachable(value, seen)
        return {target.rpartition("/")[2] for target in seen if "/schemas/" in target}


def shape(schema: Node) -> str:
    """What a property is, in a word or two: a schema's name, a type, or a list of these."""
    name = reference_name(schema)
    if name:
        return name
    if schema.get("type") == "array":
        return f"[{shape(schema['items'])}]"
    return str(schema.get("type", "anything"))


LIMITS = ("format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def path_differences(theirs: Contract, ours: Contract) -> Iterator[str]:
    for call, official in theirs.calls().items():
        own = ours.calls().get(call)
        if own is None:
            yield f"path {call}"
            continue
        for status in official["responses"].keys() - own["responses"].keys():
            yield f"response {call} {status}"
        yield from (f"media {call} {each}" for each in media_types(theirs, call) - media_types(ours, call))
        yield from (f"parameter {call} {each}" for each in parameters(theirs, call) - parameters(ours, call))


def media_types(contract: Contract, call: str) -> set[str]:
    request: Node = contract.resolved(contract.calls()[call].get("requestBody", {}))
    return set(request.get("content", ()))


def parameters(contract: Contract, call: str) -> set[str]:
    method, _, path = call.partition(" ")
    item = contract.paths[path]
    nodes = [*item.get("parameters", ()), *item[method.lower()].get("parameters", ())]
    return {contract.resolved(node)["name"] for node in nodes}


def schema_differences(theirs: Contract, ours: Contract, name: str) -> Iterator[str]:
    if name not in ours.schemas:
        yield f"schema {name}"
        return
    official, own = theirs.properties(name), ours.properties(name)
    yield from (f"property {name}.{key}" for key in official.keys() - own.keys())
    yield from (f"added {name}.{key}" for key in own.keys() - official.keys())
    yield from (f"required {name}.{key}" for key in theirs.required(name) - ours.required(name))
    yield from (f"stricter {name}.{key}" for key in ours.required(name) - theirs.required(name))
    for key in official.keys() & own.keys():
        yield from property_differences(f"{name}.{key}", official[key], own[key])
    whole, own_whole = theirs.schemas[name], ours.schemas[name]
    yield from property_differences(name, whole, own_whole)
    if "oneOf" in whole:
        branches = [{each["$ref"] for each in node} for node in (whole["oneOf"], own_whole.get("anyOf", ()))]
        yield f"oneOf {name}"
        yield from (f"alternative {name} {each}" for each in branches[0] ^ branches[1])


def property_differences(place: str, official: Node, own: Node) -> Iterator[str]:
    if "." in place and shape(official) != shape(own):
        yield f"shape {place}: {shape(official)}, not {shape(own)}"
    if set(official.get("enum", ())) != set(own.get("enum", ())):
        missing = set(official.get("enum", ())) - set(own.get("enum", ()))
        yield f"enum {place}" + (f" without {', '.join(sorted(missing))}" if missing else "")
    if official.get("nullable", False) != own.get("nullable", False):
        yield f"nullable {place}"
    for limit in LIMITS:
        if official.get(limit) != own.get(limit):
            yield f"{limit} {place}: {own.get(limit)}"


def escaped(pattern: str) -> str:
    """For fnmatch a bracket begins a set; here it is itself."""
    return pattern.replace("[", "[[]")


def unexplained(differences: Iterable[str], reasons: Iterable[str]) -> list[str]:
    """The differences that no reason, a pattern, fits."""
    patterns = [escaped(reason) for reason in reasons]
    return sorted(each for each in differences if not any(fnmatchcase(each, known) for known in patterns))


def stale(differences: Collection[str], reasons: Iterable[str]) -> list[str]:
    """The reasons that fit no difference."""
    return [known for known in reasons if not any(fnmatchcase(each, escaped(known)) for each in differences)]
