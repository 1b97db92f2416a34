"""A key is sent only to its server, and only encrypted or within this machine."""

from __future__ import annotations

import copy
import pickle
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.models.servers.faults import says
from tests.models.servers.faulty import Faulty, serving
from tui.core.origin import Origin
from tui.core.progress import quiet
from tui.errors import InputError, ModelError
from tui.models.backends import open_model
from tui.models.servers.address import Address
from tui.models.servers.key import Secret, read_key
from tui.models.servers.limits import Limits

KEY = "sk-very-secret-0123456789"
ONCE = Limits(pauses=())


def opened(address: str) -> None:
    open_model(Origin(server=address), quiet, ONCE)


def told(error: BaseException) -> str:
    return repr(error) + "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a key in the environment; no local variable of a test holds it."""
    monkeypatch.setenv("SAMPLESCOPE_API_KEY", KEY)


@pytest.fixture
def plain() -> Iterator[Faulty]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> Iterator[Faulty]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(context) as server:
        yield server


def authorizations(server: Faulty) -> set[str | None]:
    return {request.headers.get("Authorization") for request in server.requests}


def test_without_a_key_none_is_sent(plain: Faulty) -> None:
    opened(plain.address)
    assert authorizations(plain) == {None}


def test_a_key_is_sent_to_loopback(plain: Faulty, key: None) -> None:
    opened(plain.address)
    assert authorizations(plain) == {f"Bearer {KEY}"}


def test_a_key_is_sent_over_tls_that_is_trusted(
    encrypted: Faulty, key: None, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    opened(encrypted.address)
    assert authorizations(encrypted) == {f"Bearer {KEY}"}


def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent(encrypted: Faulty, key: None) -> None:
    with pytest.raises(ModelError, match=r"certificate of localhost:\d+ cannot be trusted") as caught:
        opened(encrypted.address)
    assert encrypted.requests == []
    assert KEY not in told(caught.value)


def test_a_certificate_of_another_host_is_not_trusted(
    encrypted: Faulty, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(ModelError, match="cannot be trusted"):
        opened(encrypted.address.replace("localhost", "127.0.0.1"))


def test_https_to_a_server_without_tls_is_said(plain: Faulty) -> None:
    with pytest.raises(ModelError, match="does not speak TLS"):
        opened(plain.address.replace("http:", "https:"))


def test_a_key_is_not_sent_over_plain_http_off_loopback(key: None) -> None:
    with pytest.raises(ModelError, match=r"not sent to 192\.0\.2\.1:8000 over plain http") as caught:
        opened("http://192.0.2.1:8000")
    assert KEY not in told(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_does_not_follow_a_redirect(plain: Faulty, key: None, status: int) -> None:
    with serving() as other:
        plain.where = "/v1/models"
        plain.fail(says(status, b"", Location=f"{other.address}/v1/models"))
        with pytest.raises(ModelError, match=rf"points to {other.address}/v1/models; it is not followed there"):
            opened(plain.address)
        assert other.requests == []


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_a_key_that_the_server_repeats_is_not_shown(plain: Faulty, key: None, status: int) -> None:
    plain.where = "/v1/models"
    plain.fail(says(status, f'{{"error": {{"message": "Incorrect API key provided: {KEY}."}}}}'.encode()))
    with pytest.raises(ModelError, match=r"Incorrect API key provided: \*\*\*") as caught:
        opened(plain.address)
    assert KEY not in str(caught.value)


def test_a_proxy_gets_nothing_that_is_meant_for_loopback(
    plain: Faulty, key: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        monkeypatch.delenv("no_proxy", raising=False)
        opened(plain.address)
        assert proxy.requests == []


# -- where it comes from --------------------------------------------------------------------------------


def private(file: Path, text: str = KEY + "\n", mode: int = 0o600) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_key_comes_from_a_private_file_named_or_in_the_configuration_folder(tmp_path: Path) -> None:
    assert read_key({}) is None
    named = private(tmp_path / "named", "named-key")
    in_folder = private(tmp_path / "config" / "samplescope" / "api-key")
    found = [read_key({}), read_key({"SAMPLESCOPE_API_KEY_FILE": str(named)}), read_key({"SAMPLESCOPE_API_KEY": "x"})]
    assert [one and one.reveal() for one in found] == [KEY, "named-key", "x"]
    in_folder.chmod(0o400)
    assert (found_again := read_key({})) and found_again.reveal() == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o700])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path / "key", mode=mode)
    with pytest.raises(InputError, match=r"can be read by others\. chmod 600") as caught:
        read_key({"SAMPLESCOPE_API_KEY_FILE": str(file)})
    assert KEY not in told(caught.value)


def test_a_file_that_is_named_and_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_key({"SAMPLESCOPE_API_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("text", ["two words-hunter2", "hunter2\r\nHost: evil", "é-hunter2", "\x1bhunter2", ""])
def test_what_cannot_be_a_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    file = private(tmp_path / "key", text)
    with pytest.raises(InputError, match="cannot be a key") as caught:
        read_key({"SAMPLESCOPE_API_KEY_FILE": str(file)})
    assert "hunter2" not in str(caught.value)
    assert not any("hunter2" in line for line in told(caught.value).splitlines() if "text = " not in line)


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(KEY)
    for shown in (str(secret), repr(secret), f"{secret}", repr([secret]), repr({"key": secret})):
        assert KEY not in shown and "***" in shown
    for store in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            store(secret)


# -- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("gpubox:8000", "https://gpubox:8000"),
        ("https://api.example.org/v1/", "https://api.example.org"),
        (" https://example.org/models/a/v1 ", "https://example.org/models/a"),
    ],
)
def test_an_address_may_be_typed_as_people_do(typed: str, base: str) -> None:
    assert Address.parse(typed).base == base


@pytest.mark.parametrize(
    "typed", ["", "ftp://host", "http://", "http://user:hunter2@host", "http://host?key=hunter2", "http://host:port"]
)
def test_what_is_no_address_is_refused_and_a_password_in_it_not_shown(typed: str) -> None:
    with pytest.raises(ModelError, match="This is no server's address") as caught:
        Address.parse(typed)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "loopback"),
    [
        ("http://localhost", True),
        ("http://127.1.2.3", True),
        ("http://[::1]:1", True),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_that_looks_like_it(typed: str, loopback: bool) -> None:
    assert Address.parse(typed).loopback is loopback
