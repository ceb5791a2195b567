"""What a browser has to fetch before a page can be used."""

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from agent.core.settings import REPOSITORY
from tests.browser.page_server import serving_pages

STATIC = REPOSITORY / "agent" / "static"
PAGES = sorted(page.name for page in (REPOSITORY / "webclient").glob("*.html"))
MOST_BYTES = 150_000
NAMED_BY_PAGE = re.compile(rb"""(?:src|href)="(/[^"]+)\"""")
IMPORTED = re.compile(rb"""(?:from|import)\s*["'](\.{1,2}/[^"']+)["']""")


def first_load(page: Path) -> dict[Path, int]:
    """Bytes, gzipped, of the page and of all that it loads by itself: scripts, what they import, styles, the icon."""
    wanted, weights = [page], dict[Path, int]()
    while wanted:
        path = wanted.pop()
        if path in weights:
            continue
        content = path.read_bytes()
        weights[path] = len(gzip.compress(content, 6))
        if path.suffix == ".html":
            wanted.extend(STATIC / urlsplit(name.decode()).path[1:] for name in NAMED_BY_PAGE.findall(content))
        elif path.suffix == ".js":
            wanted.extend((path.parent / name.decode()).resolve() for name in IMPORTED.findall(content))
    return weights


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Page, scripts and styles together are at most 150 kB as they cross the network."""
    weights = first_load(STATIC / page)
    assert {path.suffix for path in weights} >= {".html", ".js", ".css"}
    total = sum(weights.values())
    with capsys.disabled():
        print(f" {page}: {total / 1000:.1f} kB in {len(weights)} files", end="")
    heaviest = sorted(weights.items(), key=lambda item: -item[1])[:3]
    assert total <= MOST_BYTES, f"{total} bytes; the heaviest: {[(path.name, size) for path, size in heaviest]}"


@pytest.mark.timeout(60)
async def test_files_cross_the_network_compressed() -> None:
    """A browser that takes gzip gets a script so, byte for byte the same; one that does not gets it plain."""
    script = max((STATIC / "assets").glob("*.js"), key=lambda path: path.stat().st_size)
    async with serving_pages() as server, httpx.AsyncClient(base_url=server.url) as client:
        packed = await client.get(f"/assets/{script.name}")
        plain = await client.get(f"/assets/{script.name}", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content == script.read_bytes()
