"""How words are spelled: what is the same word, whatever its case and what parts it."""


def plain(word: str) -> str:
    """In small letters and without what parts it: `In Progress`, `in-progress` and `inProgress` are `inprogress`."""
    return "".join(char for char in word.lower() if char.isalnum())
