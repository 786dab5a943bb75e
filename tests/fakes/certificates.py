"""Certificates of every kind, good and bad, as an authority that knows no rules would make them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.model.credentials import TlsIdentity

DAY = timedelta(days=1)
Key = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)


@cache
def key_of(kind: str) -> Key:
    """One of each kind; they are slow to make."""
    match kind.partition("-"):
        case "RSA", _, bits:
            return rsa.generate_private_key(65537, int(bits))
        case "DSA", _, bits:
            return dsa.generate_private_key(int(bits))
        case "Ed25519", _, _:
            return ed25519.Ed25519PrivateKey.generate()
        case "Ed448", _, _:
            return ed448.Ed448PrivateKey.generate()
        case _:
            return ec.generate_private_key(getattr(ec, kind)())


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def shown(self, *behind: "Issued") -> TlsIdentity:
        """As a registration gives it, with others behind it."""
        return TlsIdentity(certificate="".join(one.pem for one in (self, *behind)), key=self.key_pem)


def issued(
    name: str,
    by: Issued | None = None,
    *,
    kind: str = "SECP256R1",
    authority: bool = False,
    begin: datetime | None = None,
    end: datetime | None = None,
    servers_only: bool = False,
) -> Issued:
    """By itself, unless somebody else issues it; it holds for a year unless another time is said."""
    key, now = key_of(kind), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin or now - DAY)
        .not_valid_after(end or now + 365 * DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    if servers_only:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    signing = by.key if by else key
    if isinstance(signing, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return Issued(certificate=builder.sign(signing, None), key=key)
    return Issued(certificate=builder.sign(signing, SHA256()), key=key)
