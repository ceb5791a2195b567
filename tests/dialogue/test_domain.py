"""Domain packs: the one that ships is whole, one from elsewhere can take its place, and mistakes are named."""

import shutil
from pathlib import Path

import pytest
import yaml

from agent.core.errors import SettingsError
from agent.core.local_clock import LocalClock
from agent.core.settings import REPOSITORY
from agent.dialogue.domain import fill, load_domain, load_vocabulary, open_tools
from agent.dialogue.tools import ToolCall

SHOP = REPOSITORY / "agent" / "dialogue" / "domains" / "shop"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shop's YAML in a package of somebody else, with one tool of theirs."""
    folder = tmp_path / tmp_path.name.replace("-", "_") / "bakery"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").write_text(OTHER_TOOLS)
    for file in ("flows.yaml", "lines.en.yaml"):
        shutil.copy(SHOP / file, folder / file)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


OTHER_TOOLS = """
from agent.dialogue.tools import ToolResult

class Tools:
    def run(self, call):
        return ToolResult(outcome="late", values={"order_id": call.name})

def open_tools(database, clock):
    return Tools()
"""


def dotted(pack: Path) -> str:
    return f"{pack.parent.name}.{pack.name}"


def test_pack_from_elsewhere_takes_the_shops_place(pack: Path) -> None:
    """A dotted name finds a pack of another distribution, and its tools."""
    assert load_domain(dotted(pack)).flows.flows.keys() == load_domain("shop").flows.flows.keys()
    tools = open_tools(dotted(pack), pack, LocalClock.of(None))
    assert tools.run(ToolCall(name="bread", customer="x")).values == {"order_id": "bread"}


def test_references_that_lead_nowhere_are_all_named(pack: Path) -> None:
    """Every missing line, slot, flow and card is in one message."""
    flows = (pack / "flows.yaml").read_text()
    for old, new in [
        ("say: thanks\n", "say: no_such_line\n"),
        ("needs: [term]", "needs: [no_such_slot]"),
        ("offer: return_item", "offer: no_such_flow"),
        ("show: refund}", "show: no_such_card}"),
    ]:
        assert old in flows
        flows = flows.replace(old, new)
    (pack / "flows.yaml").write_text(flows)
    with pytest.raises(SettingsError) as refusal:
        load_domain(dotted(pack))
    for what in ("line", "slot", "flow", "card"):
        assert f"no {what} 'no_such_{what}'" in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("min_probability: 0.4", "min_probability: often", r"flows\.yaml.*min_probability"),
        ("    say: thanks\n", "    says: thanks\n", "says"),
        ("flows:\n", "flows: [\n", r"flows\.yaml"),
    ],
)
def test_mistakes_in_the_yaml_are_named(old: str, new: str, says: str, pack: Path) -> None:
    """A wrong type, a misspelt key and broken YAML name the file and the place."""
    text = (pack / "flows.yaml").read_text()
    assert old in text
    (pack / "flows.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=says):
        load_domain(dotted(pack))


def test_missing_lines_file_is_named(pack: Path) -> None:
    """A pack without its sentences is not loaded."""
    (pack / "lines.en.yaml").unlink()
    with pytest.raises(SettingsError, match=r"lines\.en\.yaml"):
        load_domain(dotted(pack))


def test_values_are_never_taken_for_patterns() -> None:
    """What a customer says is put in as it stands, and what is not known is "that"."""
    assert fill("order {order_id} of {who}", {"order_id": "{who.__class__}"}) == "order {who.__class__} of that"


def test_fixed_lines_hold_nothing_of_a_customer() -> None:
    """Lines with a placeholder are left out, both wordings of the others are there."""
    domain = load_domain("shop")
    assert domain.lines["greeting"].text in domain.fixed_lines
    assert domain.lines["help"].calm in domain.fixed_lines
    assert all("{" not in line for line in domain.fixed_lines)
    assert domain.lines["order_not_found"].text not in domain.fixed_lines


def test_the_vocabulary_of_the_shop_names_everything_it_sells() -> None:
    """Products and carriers that customers of the demonstration say are there for the ears to expect."""
    seed = yaml.safe_load((SHOP / "seed.yaml").read_text(encoding="utf-8"))
    carriers = {order["carrier"] for order in seed["orders"].values() if "carrier" in order}
    vocabulary = load_vocabulary("shop")
    assert [name for name in (*seed["products"], *carriers) if name not in vocabulary] == []


def test_a_pack_needs_no_vocabulary(pack: Path) -> None:
    """Without the file, or in another language, nothing is expected; a pack that is not there is named."""
    assert load_vocabulary(f"{pack.parent.name}.bakery") == load_vocabulary("shop", locale="xx") == ""
    with pytest.raises(SettingsError, match="there is no package"):
        load_vocabulary("nowhere.bakery")
