"""Signatures, compared with the specification's examples and the reference library."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from services.notifications.domain.signature import (
    parse_private_key,
    render_private_key,
    render_public_key,
    render_secret,
    render_signature_header,
    sign,
    sign_ed25519,
)

ID, PAYLOAD = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
VECTORS = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ID,
        1614265330,
        PAYLOAD,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "signature"), VECTORS)
def test_signature_equals_the_published_vectors(
    secret: str, message_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    assert sign(secret, message_id=message_id, timestamp=timestamp, body=body) == signature


@given(st.binary(min_size=32, max_size=32), st.text())
def test_signature_is_verified_by_the_reference_library(chance: bytes, text: str) -> None:
    secret, body = render_secret(chance), text.encode("utf-8", "replace")
    moment = datetime.now(UTC)
    theirs = Webhook(secret).sign(msg_id=ID, timestamp=moment, data=body.decode())
    assert sign(secret, message_id=ID, timestamp=int(moment.timestamp()), body=body) == theirs


PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
PUBLICLY = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def test_public_signature_equals_the_published_vector() -> None:
    key = parse_private_key(PRIVATE)
    assert sign_ed25519(key, message_id=ID, timestamp=1614265330, body=PAYLOAD) == PUBLICLY
    assert (render_public_key(key), render_private_key(key)) == (PUBLIC, PRIVATE)


def test_signature_header_has_shared_and_public_signatures() -> None:
    secret, _, timestamp, body, shared = VECTORS[0][0], *VECTORS[0][1:]
    assert (
        render_signature_header([secret], (parse_private_key(PRIVATE),), message_id=ID, timestamp=timestamp, body=body)
        == f"{shared} {PUBLICLY}"
    )


def test_signature_header_has_one_signature_per_live_secret() -> None:
    secrets = [render_secret(bytes([n]) * 32) for n in range(2)]
    signed = render_signature_header(secrets, message_id=ID, timestamp=1614265330, body=PAYLOAD)
    assert signed.split(" ") == [sign(secret, message_id=ID, timestamp=1614265330, body=PAYLOAD) for secret in secrets]
