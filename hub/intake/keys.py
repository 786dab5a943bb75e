"""Keys of tickets: which can be kept, and how one is named that cannot."""


def is_kept(key: str) -> bool:
    """Whether it is text: half of a surrogate pair, which JSON has, is none, and a NUL ends a text in a database."""
    return (key.isascii() and "\0" not in key) or shown(key) == key


def shown(key: str) -> str:
    """The key with an escape in the place of what no text has."""
    return key.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
