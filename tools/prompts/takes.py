"""How a prompt is spoken: a few ways, tried in this order until one is understood.

`takes.csv` keeps which way was chosen for a text; what it does not name is spoken the
first way.
"""

import csv
from dataclasses import asdict, dataclass
from pathlib import Path

from catalogue import Prompt

FILE = Path(__file__).with_name("takes.csv")


@dataclass(frozen=True)
class Take:
    """One way to speak.

    `shift` takes the style row of a text that is longer by so many phonemes: another melody
    of the same voice. `carrier` counts the sentences around a piece (`voice.CARRIERS`).
    """

    speed: float
    shift: int = 0
    carrier: int = 0


SENTENCE = (
    Take(0.95), Take(0.9), Take(1.0), Take(0.95, 15), Take(0.9, 30), Take(0.85),
    Take(0.9, -8), Take(1.0, 20), Take(0.85, 40), Take(0.8), Take(0.95, 60), Take(1.05),
)  # fmt: skip
PIECE = tuple(
    Take(speed, shift, carrier) for speed, shift in ((0.85, 0), (0.95, 0), (0.85, 25), (0.75, 0)) for carrier in (0, 3, 1, 2)
)


def of(prompt: Prompt) -> tuple[Take, ...]:
    """The ways to try."""
    return PIECE if prompt.is_piece else SENTENCE


def name(take: Take) -> str:
    """For people."""
    return f"{take.speed}/{take.shift}/{take.carrier}"


def read() -> dict[tuple[str, str], Take]:
    """The chosen ways by (language, text)."""
    if not FILE.exists():
        return {}
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            (row["language"], row["text"]): Take(float(row["speed"]), int(row["shift"]), int(row["carrier"]))
            for row in csv.DictReader(file)
        }


def write(chosen: dict[tuple[str, str], Take]) -> None:
    """Replaces the file."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["language", "text", "speed", "shift", "carrier"], lineterminator="\n")
        writer.writeheader()
        for (language, text), take in sorted(chosen.items()):
            writer.writerow({"language": language, "text": text, **asdict(take)})
