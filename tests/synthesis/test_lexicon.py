"""The lexicon finds what it holds and nothing else."""

import lzma

from agent.synthesis.lexicon import DATA, Lexicon
from agent.synthesis.phonemes import to_voice_symbols

SYMBOLS = frozenset("ˈˌAIOWYabdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧθᵊᵻʔ")


def test_every_line_is_found() -> None:
    """Bisecting reaches the first, the last and any word between, capitals told apart."""
    lexicon = Lexicon.load()
    lines = lzma.decompress((DATA / "lexicon.tsv.xz").read_bytes()).decode().splitlines()
    for line in [lines[0], lines[-1], *lines[:: len(lines) // 500]]:
        assert lexicon.find(line.split("\t")[0]) is not None
    polish, polished = lexicon.find("Polish"), lexicon.find("polish")
    assert polish is not None and polished is not None and polish.phonemes != polished.phonemes
    assert lexicon.find("polishq") is None and lexicon.find("") is None and lexicon.find("\x7f") is None


def test_the_supplement_wins() -> None:
    """A word of our own replaces the lexicon's."""
    lexicon = Lexicon(["tea\ttˈi"], ["tea\ttˈA", "chai\tʧˈI"])
    tea, chai = lexicon.find("tea"), lexicon.find("chai")
    assert tea is not None and tea.phonemes == "tˈA"
    assert chai is not None and chai.phonemes == "ʧˈI"


def test_roles_change_the_sound() -> None:
    """An entry with variants gives that of the role, and its own for any other."""
    record = Lexicon.load().find("record")
    assert record is not None
    assert record.spoken_as("VERB") != record.spoken_as(None) == record.spoken_as("NOUN") == record.phonemes


def test_supplement_is_written_in_the_lexicons_symbols() -> None:
    """Every line of the supplement has a word and phonemes that the voice can be given."""
    for line in (DATA / "supplement.tsv").read_text(encoding="utf-8").splitlines():
        word, phonemes = line.split("\t")
        assert word and set(phonemes) <= SYMBOLS, line
        assert not set(to_voice_symbols(phonemes)) & set("AIOWYʤʧᵊ"), line
