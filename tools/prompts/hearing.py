"""The recognition part of the check: is a prompt understood?

Whole sentences are heard several in a row; one that was not understood word for word is then
heard alone, and that counts. A piece, such as a digit, is beyond a recogniser alone: it
guesses. So pieces are heard as callers hear them, joined: in rows of several, each behind a
word that says that another follows, in drawn order. Each is heard in `ROWS_MIN` rows; one that
was not always understood is heard in more, until that makes `UNITS_MIN` of its syllables or
words. Its error is that of its own syllables or words over all its rows.
"""

import random
from dataclasses import dataclass

import numpy as np

import spelling
from catalogue import Prompt
from recognition import Ear
from telephone import RATE_HZ

ROW = 8
# A recogniser hears 30 s at once.
SENTENCES_S = 24.0
SENTENCE_GAP_S = 0.8
ROWS_MIN = 2
UNITS_MIN = 20
GAP_S = 0.12
# Spoken between the pieces of a row; made with the prompts, kept outside `sounds/`.
BETWEEN = {"zh": "请按", "en": "and then"}


@dataclass
class Heard:
    """What became of one prompt."""

    error: float
    text: str


class Hearing:
    """Hears prompts by language; `between` holds the samples of `BETWEEN`."""

    def __init__(self, ear: Ear, between: dict[str, np.ndarray], pause, rows_min: int = ROWS_MIN):
        self._ear = ear
        self._rows_min = rows_min
        self._between = between
        self._pause = pause

    def sentences(self, speech: dict[Prompt, np.ndarray]) -> dict[Prompt, Heard]:
        """Whole sentences of one language."""
        heard = {}
        for row in _in_rows(speech):
            gap = np.zeros(int(SENTENCE_GAP_S * RATE_HZ))
            units, spans, sound = [], [], []
            for prompt in row:
                begin = len(units)
                units += spelling.units(prompt.text, prompt.language)
                spans.append((prompt, begin, len(units)))
                sound += [speech[prompt], gap]
            edits = self._edits(units, np.concatenate(sound), row[0].language)[0]
            for prompt, begin, end in spans:
                if sum(edits[begin:end]) == 0:
                    heard[prompt] = Heard(0.0, "")
                else:
                    heard[prompt] = self._alone(prompt, speech[prompt])
        return heard

    def _alone(self, prompt: Prompt, samples: np.ndarray) -> Heard:
        units = spelling.units(prompt.text, prompt.language)
        edits, answer = self._edits(units, samples, prompt.language)
        return Heard(min(1.0, sum(edits) / len(units)), answer if sum(edits) else "")

    def _edits(self, units: list[spelling.Unit], sound: np.ndarray, language: str) -> tuple[tuple[int, ...], str]:
        """The edits of each unit, and what was heard."""
        self._pause()
        answer = self._ear.hear(sound, language)
        return spelling.align(units, answer, language), answer

    def pieces(self, language: str, pieces: dict[str, np.ndarray], only: set[str] | None = None) -> dict[str, Heard]:
        """Pieces of one language by their text; `only` those, among the others."""
        tally = {text: _Tally(text, language, self._rows_min) for text in sorted(only if only is not None else pieces)}
        draw = random.Random(12345)
        turn = 0
        while left := [text for text, one in tally.items() if one.is_open(turn)]:
            turn += 1
            draw.shuffle(left)
            for at in range(0, len(left), ROW):
                row = left[at : at + ROW]
                others = sorted(pieces.keys() - set(row))
                row += draw.sample(others, min(ROW - len(row), len(others)))
                for text, edits, answer in self._row(language, pieces, row):
                    if text in tally:
                        tally[text].count(edits, answer)
        return {text: one.heard() for text, one in tally.items()}

    def _row(self, language: str, pieces: dict[str, np.ndarray], row: list[str]):
        """(text, edits of its units, what was heard) of each piece of a row."""
        gap = np.zeros(int(GAP_S * RATE_HZ))
        units, spans, sound = [], [], []
        for text in row:
            units += spelling.units(BETWEEN[language], language)
            begin = len(units)
            units += spelling.units(text, language)
            spans.append((text, begin, len(units)))
            sound += [self._between[language], gap, pieces[text], gap]
        edits, answer = self._edits(units, np.concatenate(sound), language)
        return [(text, sum(edits[begin:end]), answer) for text, begin, end in spans]


def _in_rows(speech: dict[Prompt, np.ndarray]) -> list[list[Prompt]]:
    """Rows that are not longer than `SENTENCES_S`."""
    rows, length = [], SENTENCES_S
    for prompt, samples in speech.items():
        seconds = len(samples) / RATE_HZ + SENTENCE_GAP_S
        if length + seconds > SENTENCES_S:
            rows.append([])
            length = 0.0
        rows[-1].append(prompt)
        length += seconds
    return rows


class _Tally:
    """What was heard of one piece so far."""

    def __init__(self, text: str, language: str, rows_min: int):
        self._rows_min = rows_min
        self._units = len(spelling.units(text, language))
        self._rows = 0
        self._edits = 0
        self._worst = (0, "")

    def is_open(self, turn: int) -> bool:
        """Must it be heard once more?"""
        wanted = -(-UNITS_MIN // self._units) if self._edits else 0
        return turn < max(wanted, self._rows_min)

    def count(self, edits: int, answer: str) -> None:
        """It was heard in one more row."""
        edits = min(edits, self._units)
        self._rows += 1
        self._edits += edits
        self._worst = max(self._worst, (edits, answer))

    def heard(self) -> Heard:
        """The outcome."""
        return Heard(self._edits / (self._units * self._rows), self._worst[1] if self._edits else "")
