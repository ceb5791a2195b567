"""Merge the two American dictionaries inside the misaki wheel into the one compressed lexicon that the voice reads.

    python models_onnx/export/lexicon.py --wheel misaki-0.9.4-py3-none-any.whl --out agent/synthesis/data

A line of the lexicon is a word, a tab, its phonemes, and for a word that is spoken differently in different places
further tab-separated `TAG=phonemes`: NOUN, VERB, ADJ, PAST (past tense or participle), END (at the end of a clause)
and NAME (written in capitals as an abbreviation: the phonemes are then empty, and the letters are spelled). Phonemes
are misaki's: IPA with one capital for a diphthong. Lines are sorted by code point, so that a reader can bisect.
"""

import argparse
import json
import lzma
import zipfile
from pathlib import Path

GOLD = "misaki/data/us_gold.json"
SILVER = "misaki/data/us_silver.json"
LICENCE = "misaki-0.9.4.dist-info/licenses/LICENSE"

TAGS = {"NOUN": "NOUN", "VERB": "VERB", "ADJ": "ADJ", "VBD": "PAST", "VBN": "PAST", "None": "END"}

Entry = str | dict[str, str | None]


def line(word: str, entry: Entry) -> str:
    """One line of the lexicon; variants equal to the default are left out."""
    if isinstance(entry, str):
        return f"{word}\t{entry}"
    default = entry["DEFAULT"]
    variants = {
        TAGS[tag]: phonemes for tag, phonemes in entry.items() if tag in TAGS and phonemes not in (None, default)
    }
    if word.isupper() and "NOUN" in entry and entry["NOUN"] is None:
        variants["NAME"] = ""
    return "\t".join([word, str(default), *(f"{tag}={phonemes}" for tag, phonemes in sorted(variants.items()))])


def main() -> None:
    """Write lexicon.tsv.xz and the dictionaries' licence."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, help="misaki 0.9.4 wheel, as pip downloads it")
    parser.add_argument("--out", type=Path, required=True, help="folder for the lexicon and its licence")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        gold: dict[str, Entry] = json.loads(wheel.read(GOLD))
        silver: dict[str, Entry] = json.loads(wheel.read(SILVER))
        licence = wheel.read(LICENCE)
    merged = silver | gold
    text = "".join(f"{row}\n" for row in sorted(line(word, entry) for word, entry in merged.items()))
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "lexicon.tsv.xz").write_bytes(packed)
    (arguments.out / "misaki-LICENSE.txt").write_bytes(licence)
    print(f"{len(merged)} words, {len(packed) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
