"""The list of prompts: `sounds/prompts.csv`, one row per prompt, both languages."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import series

FOLDERS = {"zh": "zh-CN", "en": "en"}
COLUMNS = ["id", "zh", "en", "used"]
SENTENCE_END = "。！？；.!?;"
ABBREVIATION = re.compile(r"\b[ap]\.m\.$")


@dataclass(frozen=True)
class Prompt:
    """One prompt in one language."""

    id: str
    language: str
    text: str

    def name(self) -> str:
        """Its file below `sounds/`; an id with a slash is a subfolder."""
        return f"{FOLDERS[self.language]}/{self.id}.wav"

    def path(self, sounds: Path) -> Path:
        """Where its audio lies."""
        return sounds / self.name()

    @property
    def is_piece(self) -> bool:
        """Is it a part of a sentence, such as a number? Whole sentences end with a stop."""
        return self.text[-1] not in SENTENCE_END or bool(ABBREVIATION.search(self.text))


def read(sounds: Path) -> list[Prompt]:
    """All prompts of `prompts.csv`, in its order, Mandarin before English.

    An empty text: the language has no such prompt. Both empty: a sound without words,
    which is not spoken (`tones.py`).
    """
    rows = _rows(sounds)
    ids = [row["id"] for row in rows]
    if twice := {id for id in ids if ids.count(id) > 1}:
        raise ValueError(f"prompts.csv: twice {sorted(twice)}")
    return [
        Prompt(row["id"], language, row[language])
        for language in FOLDERS
        for row in rows
        if row[language]
    ]


def agents(numbers: str) -> list[Prompt]:
    """The announcements of agents: `1001-1030,2001`."""
    prompts = []
    for part in numbers.split(","):
        first, _, last = part.strip().partition("-")
        last = last or first
        if not (first.isdigit() and last.isdigit() and len(first) == len(last) <= 10):
            raise ValueError(f"agents: {part!r} is neither a number nor a range of equal length, such as 1001-1030")
        for number in range(int(first), int(last) + 1):
            number = str(number).zfill(len(first))
            for language, text in zip(FOLDERS, series.agent(number)):
                prompts.append(Prompt(f"agent/{number}", language, text))
    return prompts


def write_series(sounds: Path) -> int:
    """Put the rows of `series.rows()` after the hand-written ones; returns how many."""
    written = [row for row in _rows(sounds) if not series.owns(row["id"])]
    numbered = [dict(zip(COLUMNS, row)) for row in series.rows()]
    with (sounds / "prompts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(written + numbered)
    return len(numbered)


def _rows(sounds: Path) -> list[dict[str, str]]:
    with (sounds / "prompts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
