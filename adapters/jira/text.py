"""Text as Jira keeps it: a document of nested nodes."""

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]


def document_of(text: str) -> Node:
    """A document of a plain text: a blank line ends a paragraph, and a node without text is refused."""
    paragraphs = [{"type": "paragraph", "content": _lines(part)} for part in text.split("\n\n") if part.strip()]
    return {"type": "doc", "version": 1, "content": paragraphs}


def text_of(document: Any) -> str:
    """All words of a document; what stands in two nodes is not told apart."""
    return "".join(_texts(document))


def _lines(paragraph: str) -> list[Node]:
    nodes: list[Node] = []
    for line in paragraph.splitlines():
        nodes += [{"type": "hardBreak"}] if nodes else []
        nodes += [{"type": "text", "text": line}] if line else []
    return nodes


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield str(node.get("text", ""))
        yield from _texts(node.get("content"))
    elif isinstance(node, list):
        for each in node:
            yield from _texts(each)
