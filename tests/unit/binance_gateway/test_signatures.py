"""Who signs: the check values of the specification, and keys of each kind."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from binance_gateway.rest.forms import read_form
from binance_gateway.signing.keys import KeyRing, find_named_signer
from binance_gateway.signing.signatures import verify_by_public_key, verify_by_secret
from binance_gateway.words.errors import BinanceError
from edge.api_keys import EVERY_SCOPE, ApiKey

ORDER = (
    b"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.02&price=60000.10"
    b"&timestamp=1769000000000"
)
PAYLOADS = [
    (ORDER, b"", "30c785dbbeea0ba3eba65fe52cb8583f1401ae9ead4d6171568d4b16233e4c71"),
    (
        b"symbol=BTCUSDT&timestamp=1769000000000",
        b"side=SELL&type=MARKET&quantity=0.5",
        "acc40237b6633ecdbd4878a54ed816b2bd29e0c877d01923548603027b9600e2",
    ),
]
WEBSOCKET_PAYLOADS = [
    (
        b"&".join(
            (
                b"apiKey=demo&price=60000.10&quantity=0.02&side=SELL&symbol=BTCUSDT",
                b"timeInForce=GTC&timestamp=1769000000000&type=LIMIT",
            )
        ),
        "df982c7d1d6a5bcc2dbea96463b1fd3d32846e189b5714351273eca443144c2a",
    ),
    (
        b"apiKey=demo&timestamp=1769000000000",
        "3d7081dc1788919e091b29d063135f4ce3c1b2f865284da833c9718e046a6149",
    ),
]


@pytest.mark.parametrize(("query", "body", "signature"), PAYLOADS)
@pytest.mark.parametrize("place", ["query", "query first", "body"])
def test_rest_request_of_the_specification(
    query: bytes, body: bytes, signature: str, place: str
) -> None:
    added = b"signature=" + signature.encode()
    if place == "body":
        body = body + b"&" + added if body else added
    else:
        query = query + b"&" + added if place == "query" else added + b"&" + query
    form = read_form(query, body)
    assert form.parameters["signature"] == signature
    verify = find_named_signer("demo").verify
    assert verify is not None
    assert verify(form.payload, signature)
    assert verify(form.payload, signature.upper())
    assert not verify(form.payload + b" ", signature)


@pytest.mark.parametrize(("payload", "signature"), WEBSOCKET_PAYLOADS)
def test_websocket_request_of_the_specification(payload: bytes, signature: str) -> None:
    assert verify_by_secret(b"demo")(payload, signature)


def test_what_is_signed_is_what_travels() -> None:
    query = b"symbols=%5B%22BTCUSDT%22%5D&a=x@y&timestamp=1"
    form = read_form(query + b"&signature=00", b"")
    assert form.payload == query
    assert form.parameters["symbols"] == '["BTCUSDT"]'


def test_query_counts_where_a_name_is_in_both_places() -> None:
    assert read_form(b"a=1", b"a=2&b=3").parameters == {"a": "1", "b": "3"}


def test_name_twice_in_one_place_is_refused() -> None:
    with pytest.raises(BinanceError, match="Duplicate values for a parameter detected"):
        read_form(b"a=1&a=2", b"")


def test_ed25519_key() -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verify = verify_by_public_key(pem.decode())
    signature = base64.b64encode(private.sign(ORDER)).decode()
    assert verify(ORDER, signature)
    assert not verify(ORDER, signature.swapcase())
    assert not verify(ORDER, "not base64!")


def test_rsa_key() -> None:
    private = generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verify = verify_by_public_key(pem.decode())
    signature = base64.b64encode(private.sign(ORDER, PKCS1v15(), SHA256())).decode()
    assert verify(ORDER, signature)
    assert not verify(ORDER + b"0", signature)


def test_public_key_that_is_none() -> None:
    with pytest.raises(ValueError, match="PEM"):
        verify_by_public_key("-----BEGIN NOTHING-----")


def test_key_that_nobody_has_and_key_that_none_can_be() -> None:
    ring = KeyRing([ApiKey("k" * 16, "alice", EVERY_SCOPE)])
    assert ring.find("k" * 16).account == "alice"
    assert ring.find("k" * 16).verify is None
    with pytest.raises(BinanceError) as unknown:
        ring.find("another-key-of-16")
    assert (unknown.value.code, unknown.value.status) == (-2015, 401)
    for key in ("", "with blank in the key", "é"):
        with pytest.raises(BinanceError) as malformed:
            ring.find(key)
        assert malformed.value.code == -2014
    with pytest.raises(BinanceError) as name:
        find_named_signer("no account/name")
    assert name.value.code == -2014
