"""A domain pack: what a business can talk about, as YAML that people who do not program can read and change.

A pack is a Python package with `flows.yaml`, `lines.<locale>.yaml` and `intents.<locale>.yaml` for each language, and
`open_tools(database, clock) -> Tools`; a `vocabulary.<locale>.txt` helps to hear its products and names.
`agent.dialogue.domains.shop` is one; a dotted name in `reply.domain` takes one from anywhere.
"""

import importlib
import re
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from types import MappingProxyType

import msgspec

from agent.core.errors import SettingsError
from agent.core.local_clock import LocalClock
from agent.dialogue.faq import load_articles
from agent.dialogue.flow_parts import Flows, Line, Outcome
from agent.dialogue.packs import folder_of, module_of, read_part
from agent.dialogue.tools import Tools
from agent.dialogue.wording import load_phrases

NO_FACTS: Mapping[str, str] = MappingProxyType({})
_LINES_FILE = re.compile(r"lines\.[a-z]{2,3}\.yaml")

REQUIRED_LINES = (
    "greeting", "resumed", "resumed_blank", "handed_back", "not_understood", "not_understood_again", "offer_person",
    "offer_person_for_mood", "out_of_scope", "cannot_get_slot", "acknowledge", "nothing_to_confirm", "nothing_to_deny",
    "left_alone", "offer_declined", "confirm_again", "sign_seen",
)  # fmt: skip
"""Lines that the policy itself speaks, whatever the domain."""
AFFIRM, DENY = "affirm", "deny"
"""Intents, and meanings of signs."""
PERSON = "speak_to_person"
"""The one flow that every domain must have."""


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as loaded and checked."""

    name: str
    locale: str
    flows: Flows
    lines: dict[str, Line]
    """In the language `locale`."""
    translations: dict[str, dict[str, Line]] = {}
    """The lines in each other language that the pack speaks; one that is missing there is said as in `lines`."""
    help_languages: frozenset[str] = frozenset()
    """Those in which it has help pages."""

    def language_for(self, tag: str, *, otherwise: str) -> str:
        """The language of this pack that a tag such as "zh-CN" asks for, or `otherwise` where it has none of it."""
        language = tag.partition("-")[0].lower()
        return language if language == self.locale or language in self.translations else otherwise

    @property
    def writing_tools(self) -> frozenset[str]:
        """Tools that change something: those that are called only after a yes, and those that note what was shown."""
        flows = self.flows.flows.values()
        outcomes = [*self.flows.outcomes.values(), *(one for flow in flows for one in flow.outcomes.values())]
        return frozenset(tool for outcome in outcomes for tool in (outcome.do, outcome.record) if tool is not None)

    @property
    def fixed_lines(self) -> tuple[str, ...]:
        """Wordings without a placeholder: any customer may hear them, and they hold nothing of any one's."""
        wordings = [wording for line in self.lines.values() for wording in (line.text, line.calm) if wording]
        return tuple(text for text in wordings if all(field is None for _, field, _, _ in Formatter().parse(text)))

    def outcome(self, flow: str, name: str) -> Outcome | None:
        return self.flows.flows[flow].outcomes.get(name) or self.flows.outcomes.get(name)

    def words(self, line: str, values: dict[str, str], *, calm: bool, language: str = "") -> str:
        """The line in `language`, or in the pack's own, filled."""
        pattern = self.translations.get(language, {}).get(line) or self.lines[line]
        unknown = self.phrase(UNKNOWN, language)
        values = {name: self.phrase(value, language) for name, value in values.items()}
        return fill(pattern.calm if calm and pattern.calm else pattern.text, values, unknown=unknown)

    def phrase(self, written: str, language: str) -> str:
        """What customers see or hear of flows.yaml, of slots and of what tools say, in `language` as far as it is
        translated."""
        return load_phrases(self.name, language).get(written, written)


UNKNOWN = "that"


def fill(pattern: str, values: dict[str, str], *, unknown: str = UNKNOWN) -> str:
    """A line with its placeholders filled; a value that is not known is said as `unknown`."""
    return pattern.format_map(_Filled(values, unknown))


class _Filled(dict[str, str]):
    def __init__(self, values: dict[str, str], unknown: str) -> None:
        super().__init__(values)
        self._unknown = unknown

    def __missing__(self, key: str) -> str:
        return self._unknown


def load_domain(name: str, *, locale: str = "en", facts: Mapping[str, str] = NO_FACTS) -> Domain:
    """Loads and checks the pack `name`, its lines with `facts` in place of those of the same names in flows.yaml.

    Raises `SettingsError` that names what is wrong in which file.
    """
    folder = folder_of(name)
    languages = sorted(file.name.split(".")[1] for file in folder.iterdir() if _LINES_FILE.fullmatch(file.name))
    domain = Domain(
        name=name,
        locale=locale,
        flows=read_part(name, folder / "flows.yaml", Flows),
        lines=_lines(name, folder / f"lines.{locale}.yaml"),
        translations={other: _lines(name, folder / f"lines.{other}.yaml") for other in languages if other != locale},
        help_languages=frozenset(language for language in languages if load_articles(name, language)),
    )
    strange = sorted(facts.keys() - domain.flows.facts.keys())
    faults = [*_faults(domain), *(f"no fact {fact!r} in flows.yaml" for fact in strange)]
    if faults:
        raise SettingsError(f"domain {name}: " + "; ".join(faults))
    return _with_facts(domain, domain.flows.facts | dict(facts))


def _with_facts(domain: Domain, facts: Mapping[str, str]) -> Domain:
    def told(text: str) -> str:
        for name, value in facts.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def filled(lines: Mapping[str, Line]) -> dict[str, Line]:
        return {key: Line(text=told(line.text), calm=line.calm and told(line.calm)) for key, line in lines.items()}

    translations = {language: filled(lines) for language, lines in domain.translations.items()}
    return msgspec.structs.replace(domain, lines=filled(domain.lines), translations=translations)


def load_vocabulary(name: str, *, locale: str = "en") -> str:
    """The sentences of `vocabulary.<locale>.txt` in pack `name`, which hold the words its customers say; "" without.

    Raises `SettingsError` where there is no such pack.
    """
    file = folder_of(name) / f"vocabulary.{locale}.txt"
    return " ".join(file.read_text(encoding="utf-8").split()) if file.is_file() else ""


def open_tools(name: str, database: Path, clock: LocalClock) -> Tools:
    """The tools of pack `name`, on its business database and by its clock; may wait for the disk."""
    tools: Tools = importlib.import_module(module_of(name)).open_tools(database, clock)
    return tools


def _lines(domain: str, file: Traversable) -> dict[str, Line]:
    lines = read_part(domain, file, dict[str, Line | str])
    return {key: Line(text=line) if isinstance(line, str) else line for key, line in lines.items()}


def _faults(domain: Domain) -> list[str]:
    """References that lead nowhere."""
    flows = domain.flows
    proposed = set(flows.gestures.values()) - {AFFIRM, DENY}
    wanted_lines = {*REQUIRED_LINES, *(f"offer_{flow}" for flow in proposed)}
    wanted_slots: set[str] = set()
    wanted_flows = {PERSON, *proposed, *flows.at_once.values()}
    wanted_flows |= {flows.welcome} if flows.welcome else set()
    wanted_cards: set[str] = set()
    asked_slots: set[str] = set()
    for slot in flows.slots.values():
        wanted_lines |= {line for line in (slot.ask, slot.ask_again) if line}
        wanted_flows |= {slot.alone} if slot.alone else set()
        wanted_cards |= {slot.show} if slot.show else set()
    for flow in flows.flows.values():
        wanted_lines |= {flow.say} if flow.say else set()
        wanted_slots |= {*flow.needs, *flow.takes, *flow.carries}
        asked_slots |= set(flow.needs)
    for outcome in (*flows.outcomes.values(), *(o for flow in flows.flows.values() for o in flow.outcomes.values())):
        wanted_lines |= {line for line in (outcome.say, outcome.confirm) if line}
        wanted_slots |= {*outcome.forget, *outcome.settle}
        asked_slots |= {outcome.ask} if outcome.ask else set()
        wanted_flows |= {flow for flow in (outcome.offer, outcome.suggest) if flow}
        wanted_lines |= {f"suggest_{outcome.suggest}"} if outcome.suggest else set()
        wanted_cards |= {outcome.show} if outcome.show else set()
    outcomes = () if "failed" in flows.outcomes else ("no outcome 'failed' that any flow can meet",)
    missing = (
        ("line", wanted_lines - domain.lines.keys()),
        ("slot", (wanted_slots | asked_slots) - flows.slots.keys()),
        ("flow", wanted_flows - flows.flows.keys()),
        ("card", wanted_cards - flows.cards.keys()),
    )
    nowhere = [f"no {what} {name!r}" for what, names in missing for name in sorted(names)]
    silent = sorted(slot for slot in asked_slots & flows.slots.keys() if flows.slots[slot].ask is None)
    nowhere += [f"slot {slot!r} is asked for, but has no line `ask`" for slot in silent]
    return [*outcomes, *nowhere, *_faults_of_translations(domain)]


def _faults_of_translations(domain: Domain) -> list[str]:
    """Lines that nothing says, and placeholders that nothing fills."""
    faults = []
    for language, lines in domain.translations.items():
        for name, line in lines.items():
            known = placeholders(domain.lines[name]) if name in domain.lines else frozenset()
            unknown = sorted(placeholders(line) - known)
            if name not in domain.lines:
                faults.append(f"line {name!r} is in {language} only")
            elif unknown:
                faults.append(f"line {name!r} of {language} has placeholders of its own: {', '.join(unknown)}")
    return faults


def placeholders(line: Line) -> frozenset[str]:
    """The names in braces in any wording of a line."""
    wordings = [wording for wording in (line.text, line.calm) if wording]
    return frozenset(field for text in wordings for _, field, _, _ in Formatter().parse(text) if field is not None)
