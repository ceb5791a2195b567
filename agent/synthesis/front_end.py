"""The English front end: from the text of one clause to the symbols that the voice speaks."""

from dataclasses import dataclass

from agent.synthesis.lexicon import Lexicon
from agent.synthesis.pronunciation import Pronouncer
from agent.synthesis.written import Kind, spoken


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Text to symbols. Never changes; may be shared by threads."""

    pronouncer: Pronouncer

    @classmethod
    def load(cls) -> "FrontEnd":
        return cls(Pronouncer(Lexicon.load(), lambda word: ""))

    def symbols(self, clause: str) -> str:
        """IPA with stress marks, spaces between words and marks; empty when nothing in the clause can be spoken."""
        tokens = spoken(clause)
        if all(token.kind is Kind.MARK for token in tokens):
            return ""
        symbols = self.pronouncer.symbols(tokens)
        return symbols if any(symbol.isalpha() for symbol in symbols) else ""
