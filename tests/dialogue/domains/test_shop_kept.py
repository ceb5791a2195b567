"""What the shop keeps of a customer can be shown, erased and let go from outside of a call; its books stay."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from agent.core.errors import SettingsError, StoreError
from agent.dialogue.domains.shop.kept import ERASED, ShopMemory
from agent.dialogue.memory import open_memory
from tests.dialogue.domains.shop import Shop

GRIEVANCE = "the zanzibar kettle sings at night"


@pytest.fixture
def memory(shop: Shop) -> Iterator[ShopMemory]:
    """Of a shop that remembers Dana, has proposed something to her, and heard her complain."""
    shop.ask("remember", preferred_name="Danny", pace="slow")
    shop.ask("note_slate", slate=shop.ask("recommend").values["slate"])
    shop.change(
        "INSERT INTO cases (number, customer_id, grievance, serious, opened_on) VALUES (9001, 1, ?, 0, '2026-11-18')",
        GRIEVANCE,
    )
    with closing(ShopMemory(shop.path)) as opened:
        yield opened


def test_everything_kept_is_shown(memory: ShopMemory) -> None:
    """By table, as plain values; of somebody unknown nothing."""
    known = memory.known("dana")
    assert set(known) == {"preferences", "interests", "slates", "cases"}
    assert (known["preferences"][0]["name"], known["preferences"][0]["agreed_on"]) == ("Danny", "2026-11-18")
    assert known["cases"][0]["grievance"] == GRIEVANCE
    assert memory.known("nobody") == {}


def test_erasing_leaves_the_books_and_no_word(shop: Shop, memory: ShopMemory) -> None:
    """Wishes, interests and proposals go; a complaint keeps its number and loses its words, in the file's bytes too."""
    others = shop.holds("SELECT count(*) FROM interests WHERE shopper != 1")
    erased = memory.erase("dana")
    assert (erased["preferences"], erased["slates"], erased["cases"]) == (1, 1, 1)
    assert set(memory.known("dana")) == {"cases"}
    assert shop.holds("SELECT grievance FROM cases WHERE number = 9001") == ERASED
    assert shop.holds("SELECT count(*) FROM orders WHERE customer_id = 1") == 6
    assert shop.holds("SELECT count(*) FROM interests WHERE shopper != 1") == others
    assert memory.erase("dana") == {}
    shop.tools.close()
    memory.close()
    for file in shop.path.parent.glob(f"{shop.path.name}*"):
        assert b"zanzibar" not in file.read_bytes(), file.name


def test_what_was_agreed_to_long_ago_goes(shop: Shop, memory: ShopMemory) -> None:
    """Of what calls wrote, all before a day; what the shop's own pages wrote is the shop's."""
    seen = shop.holds("SELECT count(*) FROM interests")
    assert (memory.aged(date(2026, 11, 18)), memory.retire(date(2026, 11, 18))) == (0, 0)
    assert (memory.aged(date(2026, 11, 19)), memory.retire(date(2026, 11, 19))) == (2, 2)
    assert shop.ask("recall").outcome == "stranger"
    assert shop.holds("SELECT count(*) FROM interests") == seen


def test_packs_without_a_memory_have_none(tmp_path: Path, shop: Shop) -> None:
    """The bank keeps nothing of callers; a database that is not there is not made; a strange one is refused."""
    assert open_memory("bank", shop.path) is None
    assert open_memory("shop", tmp_path / "none.sqlite3") is None
    assert not (tmp_path / "none.sqlite3").exists()
    with pytest.raises(SettingsError, match="no package"):
        open_memory("no.such.pack", shop.path)
    (tmp_path / "strange.sqlite3").write_bytes(b"no database, but long enough to be looked at as one" * 50)
    with pytest.raises(StoreError, match=r"strange\.sqlite3"):
        open_memory("shop", tmp_path / "strange.sqlite3")
