"""Looks into certificates and keys before they are kept: what cannot work is refused when it is given."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from hub.model.credentials import TlsIdentity
from hub.model.times import from_micros


def faults_of(tls: TlsIdentity, *, now: int) -> Iterator[tuple[str, str]]:
    """(member or "" for all of it, what is wrong with it)."""
    if not tls.members() and not tls.key:
        yield "", "sets nothing; give certificate and key, authority, or all three"
    if bool(tls.certificate) is not bool(tls.key):
        missing = "key" if tls.certificate else "certificate"
        yield missing, "is missing; a certificate and its key come together"
    if tls.certificate:
        yield from _faults_of_certificate(tls.certificate, now)
    if tls.authority:
        yield from (("authority", why) for why in _unreadable(tls.authority))
    if tls.key:
        yield from (("key", why) for why in _faults_of_key(tls.key, tls.certificate))


def _unreadable(pem: str) -> Iterator[str]:
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        yield "holds no certificate in PEM form"


def _faults_of_certificate(pem: str, now: int) -> Iterator[tuple[str, str]]:
    try:
        first = x509.load_pem_x509_certificates(pem.encode())[0]
    except (ValueError, UnsupportedAlgorithm):
        yield "certificate", "holds no certificate in PEM form"
        return
    if first.not_valid_after_utc <= from_micros(now):
        yield "certificate", f"has ended on {first.not_valid_after_utc:%Y-%m-%d}"


def _faults_of_key(pem: str, certificate: str | None) -> Iterator[str]:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        yield "is encrypted; give it without a passphrase"
        return
    except (ValueError, UnsupportedAlgorithm):
        yield "holds no private key in PEM form"
        return
    try:
        first = x509.load_pem_x509_certificates((certificate or "").encode())[0]
    except (ValueError, UnsupportedAlgorithm):
        return  # Said of the certificate already.
    spoken = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spoken) != first.public_key().public_bytes(*spoken):
        yield "is not the key of the certificate"
