"""The two ways into the language: the query of a registration, and the query string of a list."""

from hub.query.hub_query import HubQuery, parse_hub_query
from hub.query.list_query import RESERVED, ListQuery, parse_list_query, split_query_string
from hub.query.selection import read_fields

__all__ = [
    "RESERVED",
    "HubQuery",
    "ListQuery",
    "parse_hub_query",
    "parse_list_query",
    "read_fields",
    "split_query_string",
]
