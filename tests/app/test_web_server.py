"""How the server faces the network: TLS and its renewal, and clients that never finish what they ask."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.app import web_server
from agent.app.web_server import HEAD_LIMIT_BYTES, QuietServer, server_config
from agent.core.errors import SettingsError
from agent.core.settings import ServerSettings


def certify(folder: Path, name: str) -> tuple[Path, Path]:
    """Writes a certificate for this machine, signed by itself, and its key; both named `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def _seen(request: Request) -> JSONResponse:
    assert request.client is not None
    return JSONResponse({"client": request.client.host, "scheme": request.url.scheme})


@asynccontextmanager
async def _serving(settings: ServerSettings) -> AsyncIterator[int]:
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = Starlette(routes=[Route("/", _seen)])
    server = QuietServer(server_config(app, settings), listening.set_result)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        try:
            yield await listening
        finally:
            server.should_exit = True
            await serving


async def shown(port: int) -> str:
    """Common name of the certificate that the server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    found = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
    writer.close()
    return str(found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


async def test_a_renewed_certificate_is_taken_up_on_sighup(tmp_path: Path) -> None:
    """Connections that are open go on; one that comes afterwards is shown the new one. A broken one changes nothing."""
    certificate, key = certify(tmp_path, "first")
    settings = ServerSettings(port=0, tls_certificate=certificate, tls_key=key)
    trusted = ssl.create_default_context(cafile=str(certificate))
    async with _serving(settings) as port, httpx.AsyncClient(verify=trusted) as client:
        assert (await client.get(f"https://127.0.0.1:{port}/")).json()["scheme"] == "https"
        assert await shown(port) == "first"
        certify(tmp_path, "second")
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)
        while await shown(port) != "second":
            await asyncio.sleep(0.01)
        assert (await client.get(f"https://127.0.0.1:{port}/")).status_code == 200, "the open connection was lost"
        key.write_text("no key at all")
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        assert await shown(port) == "second"


async def test_old_tls_is_not_spoken(tmp_path: Path) -> None:
    """1.2 is the least."""
    certificate, key = certify(tmp_path, "first")
    config = server_config(Starlette(), ServerSettings(port=0, tls_certificate=certificate, tls_key=key))
    assert config.ssl is not None and config.ssl.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """The start ends with a sentence that holds the setting and the file."""
    certificate, key = certify(tmp_path, "first")
    key.write_text("no key at all")
    with pytest.raises(SettingsError, match=r"tls_certificate .*certificate\.pem"):
        server_config(Starlette(), ServerSettings(tls_certificate=certificate, tls_key=key))


async def test_only_a_trusted_proxy_says_who_asks() -> None:
    """Anybody else's X-Forwarded-For is words."""
    said = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    seen = []
    for proxies in ((), ("127.0.0.1",)):
        settings = ServerSettings(port=0, trusted_proxies=proxies)
        async with _serving(settings) as port, httpx.AsyncClient() as client:
            seen.append((await client.get(f"http://127.0.0.1:{port}/", headers=said)).json())
    assert seen == [{"client": "127.0.0.1", "scheme": "http"}, {"client": "198.51.100.7", "scheme": "https"}]


async def test_a_request_that_comes_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is a connection that never asks, and one that begins a second request and does not end it."""
    monkeypatch.setattr(web_server, "HEAD_WITHIN_S", 0.2)
    beginnings = [b"", b"GET / HTTP/1.1\r\nHost:", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"]
    async with _serving(ServerSettings(port=0)) as port, asyncio.timeout(10):
        for beginning in beginnings:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(beginning)
            answer = await reader.read()
            assert answer.count(b"200 OK") == beginning.count(b"\r\n\r\n")
            writer.close()


async def test_a_patient_client_is_served_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cut off is a head that does not come: between two requests a connection may rest."""
    monkeypatch.setattr(web_server, "HEAD_WITHIN_S", 0.2)
    async with _serving(ServerSettings(port=0)) as port, httpx.AsyncClient() as client:
        for _ in range(2):
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200
            await asyncio.sleep(0.4)


async def test_a_head_that_never_ends_is_refused() -> None:
    """Headers beyond the bound are a bad request, not memory."""
    async with _serving(ServerSettings(port=0)) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 2 * HEAD_LIMIT_BYTES)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()
