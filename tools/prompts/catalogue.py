"""The list of prompts: `sounds/prompts.csv`, one row per prompt, both languages."""

import csv
from dataclasses import dataclass
from pathlib import Path

import series

FOLDERS = {"zh": "zh-CN", "en": "en"}
COLUMNS = ["id", "zh", "en"]


@dataclass(frozen=True)
class Prompt:
    """One prompt in one language."""

    id: str
    language: str
    text: str

    def path(self, sounds: Path) -> Path:
        """Where its audio lies; an id with a slash is a subfolder."""
        return sounds / FOLDERS[self.language] / f"{self.id}.wav"


def read(sounds: Path) -> list[Prompt]:
    """All prompts of `prompts.csv`, in its order, Mandarin before English."""
    with (sounds / "prompts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row["id"] for row in rows]
    twice = {id for id in ids if ids.count(id) > 1}
    empty = {row["id"] for row in rows if not (row["zh"] and row["en"])}
    if twice or empty:
        raise ValueError(f"prompts.csv: twice {sorted(twice)}, without a text {sorted(empty)}")
    return [Prompt(row["id"], language, row[language]) for language in FOLDERS for row in rows]


def write_series(sounds: Path) -> int:
    """Put the rows of `series.rows()` after the hand-written ones; returns how many."""
    path = sounds / "prompts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        written = [row for row in csv.DictReader(file) if not series.owns(row["id"])]
    numbered = [dict(zip(COLUMNS, row)) for row in series.rows()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(written + numbered)
    return len(numbered)
