"""Shows a certificate to a listener that stands in memory: what OpenSSL refuses at use is refused when it is given."""

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hub.subscriptions.tls_loading import load_identity

NO_TIME_CHECK = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: the times are held against the clock of the hub, elsewhere."""
FLIGHTS = 10
"""More than a handshake has."""
WRONG_SIGNATURE, KIND = "BAD_SIGNATURE", "PEER_DID_NOT_RETURN_A_CERTIFICATE"
STRANGE = "has a key of a kind that TLS 1.3 does not know; RSA, P-256, P-384, P-521 and Ed25519 are known"


def why_useless(chain: list[x509.Certificate], certificate: str, key: str) -> tuple[str, str] | None:
    """(which of both, why no listener can take it that knows the last one of the chain), None when it can.

    `certificate` and `key` are what is shown, in PEM form.
    """
    try:
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        load_identity(client, certificate, key)
        _shake_hands(client, _listener(chain[-1]))
    except ssl.SSLCertVerificationError as error:
        return "certificate", f"is refused by OpenSSL: {error.verify_message}"
    except ssl.SSLError as error:
        if error.reason == WRONG_SIGNATURE:
            return "key", "cannot sign for the certificate"
        if error.reason == KIND:
            return "certificate", STRANGE
        said = (error.reason or "it cannot be used").replace("_", " ").lower()
        return "certificate", f"is refused by OpenSSL: {said}"
    return None


def _listener(known: x509.Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_identity(context, *_own())
    context.load_verify_locations(cadata=known.public_bytes(Encoding.DER))
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | NO_TIME_CHECK
    return context


@cache
def _own() -> tuple[str, str]:
    """What the listener shows; nobody looks at it."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rehearsal")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    pem = made.sign(key, SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode(), private.decode()


def _shake_hands(client: ssl.SSLContext, listener: ssl.SSLContext) -> None:
    """Raises ssl.SSLError. The side of the listener ends last."""
    out, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = client.wrap_bio(back, out), listener.wrap_bio(out, back, server_side=True)
    for _ in range(FLIGHTS):
        done = [_goes_on(side) for side in sides]
        if all(done):
            return
    raise ssl.SSLError("the handshake has no end")


def _goes_on(side: ssl.SSLObject) -> bool:
    """Whether this side has done its part."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
