"""The English front end: from the text of one clause to the symbols that the voice speaks."""

from dataclasses import dataclass

from agent.synthesis.letters import LetterRules
from agent.synthesis.lexicon import Lexicon
from agent.synthesis.pronunciation import Pronouncer
from agent.synthesis.tokens import Kind, Token
from agent.synthesis.written import spoken


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Text to symbols. Never changes; may be shared by threads."""

    pronouncer: Pronouncer

    @classmethod
    def load(cls) -> "FrontEnd":
        return cls(Pronouncer(Lexicon.load(), LetterRules.load().phonemes))

    def symbols(self, clause: str) -> str:
        """IPA with stress marks, spaces between words, and marks; empty when nothing in the clause can be spoken.

        A clause cut from a longer one ends in a comma, so that the voice does not drop as at the end of a sentence.
        """
        tokens = spoken(clause)
        if all(token.kind is Kind.MARK for token in tokens):
            return ""
        if tokens[-1].kind is not Kind.MARK:
            tokens.append(Token(text=",", kind=Kind.MARK))
        return self.pronouncer.symbols(tokens)
