"""What v4 demands of the parts of a report goes along where `fields` asks for something else of them."""

from functools import lru_cache

from hub.faces import r18, v4


@lru_cache(maxsize=256)
def with_demanded(fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields asked for, and beside a part of a part what v4 demands of every one of its kind."""
    paths = [path.split(".") for path in fields]
    demanded = [
        ".".join((*path[:-1], name))
        for path in paths
        if len(path) > 1
        for name in v4.DEMANDED.get(r18.RENAMED.get(path[-2], path[-2]), ())
    ]
    return tuple(dict.fromkeys((*fields, *demanded)))
