"""Holds the settings of the identity provider together: what is right in itself may be too little, or unsafe."""

from urllib.parse import urlsplit

from hub.access.key_sets import KeySetUnreadable, fits, parse_key_set, read_place
from hub.errors import InvalidSettings, Violation
from hub.settings.sections import JwtSettings

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def told_of_keys(jwt: JwtSettings) -> str:
    """What is to be said of the place of the keys. Raises InvalidSettings for a file without any that can be used."""
    if urlsplit(jwt.keys).scheme in ("http", "https"):
        return f"{jwt.keys}, fetched when the first token comes"
    try:
        keys = parse_key_set(read_place(jwt.keys))
    except KeySetUnreadable as error:
        raise _unusable(jwt, str(error)) from error
    usable = [key for key in keys if any(fits(key, algorithm) for algorithm in jwt.algorithms)]
    if not usable:
        raise _unusable(jwt, f"{jwt.keys} has no key for {' or '.join(jwt.algorithms)}")
    return f"{len(usable)} from {jwt.keys}"


def _unusable(jwt: JwtSettings, message: str) -> InvalidSettings:
    return InvalidSettings(violations=[Violation(field="[jwt] keys", message=message, value=jwt.keys)])


def check_jwt(jwt: JwtSettings) -> None:
    """Raises InvalidSettings unless tokens are taken from nobody, or from a provider that is wholly described."""
    needed = {"issuer": jwt.issuer, "audience": jwt.audience, "keys": jwt.keys}
    violations = []
    if any(needed.values()):
        message = "must be set, too: tokens are taken when issuer, audience and keys are all known"
        violations = [Violation(field=f"[jwt] {key}", message=message) for key in needed if not needed[key]]
    place = urlsplit(jwt.keys)
    if place.scheme == "http" and place.hostname not in LOOPBACK:
        message = "must be an https address: whoever stands between could send keys of his own"
        violations.append(Violation(field="[jwt] keys", message=message, value=jwt.keys))
    if violations:
        raise InvalidSettings(violations=violations)
