"""Holds the settings of the identity provider together: what is right in itself may be too little, or unsafe."""

from urllib.parse import urlsplit

from hub.errors import InvalidSettings, Violation
from hub.settings.sections import JwtSettings

LOOPBACK = ("localhost", "127.0.0.1", "::1")


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
