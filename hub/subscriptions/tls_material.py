"""Looks into certificates and keys before they are kept: what cannot work is refused when it is given."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from hub.model.credentials import TlsIdentity
from hub.model.times import from_micros, to_micros
from hub.subscriptions.tls_rehearsal import why_useless

MOST_BITS = 8192
NO_CERTIFICATE = "holds no certificate in PEM form"
Fault = tuple[str, str]
"""(member or "" for all of it, what is wrong with it)."""


def faults_of(tls: TlsIdentity, *, now: int) -> Iterator[Fault]:
    """`now` in microseconds. No fault repeats anything of a key."""
    if not tls.members() and not tls.key:
        yield "", "sets nothing; give certificate and key, authority, or all three"
    if bool(tls.certificate) is not bool(tls.key):
        missing = "key" if tls.certificate else "certificate"
        yield missing, "is missing; a certificate and its key come together"
    if tls.authority:
        yield from _faults_of_authorities(_certificates(tls.authority), now)
    chain = _certificates(tls.certificate or "")
    faults = [*_faults_of_chain(tls, chain, now)]
    faults += _faults_of_key(tls.key, [] if faults else chain)
    yield from faults
    if tls.certificate and tls.key and not faults and (fault := why_useless(chain, tls.certificate, tls.key)):
        yield fault


def end_of(certificate: str) -> int | None:
    """When it ends, or the first one of its chain, in microseconds; None for what holds no certificate."""
    return min((to_micros(one.not_valid_after_utc) for one in _certificates(certificate)), default=None)


def _faults_of_authorities(known: list[x509.Certificate], now: int) -> Iterator[Fault]:
    """One that still holds among them is enough."""
    last = max((one.not_valid_after_utc for one in known), default=None)
    if last is None:
        yield "authority", NO_CERTIFICATE
    elif last <= from_micros(now):
        yield "authority", f"has ended on {last:%Y-%m-%d}"


def _certificates(pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return []


def _faults_of_chain(tls: TlsIdentity, chain: list[x509.Certificate], now: int) -> Iterator[Fault]:
    """What its times and its form say; at most one fault."""
    instant = from_micros(now)
    if tls.certificate and not chain:
        yield "certificate", NO_CERTIFICATE
    if chain and (why := _too_large(chain[0])):
        yield "certificate", why
        return
    for number, one in enumerate(chain, start=1):
        which = f"number {number} of its chain " if number > 1 else ""
        if one.not_valid_after_utc <= instant:
            yield "certificate", f"{which}has ended on {one.not_valid_after_utc:%Y-%m-%d}"
            return
        if one.not_valid_before_utc > instant:
            yield "certificate", f"{which}begins on {one.not_valid_before_utc:%Y-%m-%d} only"
            return


def _too_large(certificate: x509.Certificate) -> str | None:
    """A signature by RSA takes eight times as long with twice the bits."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "has a key of a kind that is not known"
    if isinstance(key, RSAPublicKey) and key.key_size > MOST_BITS:
        return f"has an RSA key of {key.key_size} bits; at most {MOST_BITS} are accepted"
    return None


def _faults_of_key(pem: str | None, chain: list[x509.Certificate]) -> Iterator[Fault]:
    if not pem:
        return
    try:
        # Its numbers are not vetted: of a large RSA key that takes seconds in which nobody else is answered, and
        # whether it can sign is tried afterwards.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        yield "key", "is encrypted; give it without a passphrase"
        return
    except (ValueError, UnsupportedAlgorithm):
        yield "key", "holds no private key in PEM form"
        return
    if not chain:
        return  # What is wrong with the certificate is said already.
    spoken = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spoken) != chain[0].public_key().public_bytes(*spoken):
        yield "key", "is not the key of the certificate"
