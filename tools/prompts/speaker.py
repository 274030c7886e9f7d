"""Speaks prompts, and keeps what was spoken, so that work that was broken off goes on."""

import hashlib
from pathlib import Path

import numpy as np

import takes
from catalogue import Prompt
from takes import Take
from voice import Voice

# Changes when the voice speaks the same text in the same take otherwise.
RECIPE = "2"
# So many long pieces are spoken in a row.
ROW = 6


class Speaker:
    """Loads the voice when something was not spoken before."""

    def __init__(self, every: list[Prompt], cache: Path, threads: int):
        self._cache = cache
        self._spoken = cache / "spoken"
        self._spoken.mkdir(parents=True, exist_ok=True)
        self._threads = threads
        self._voice: Voice | None = None
        self._rows = _rows(every)

    def speak(self, prompt: Prompt, take: Take) -> np.ndarray | None:
        """Mono samples at the voice's rate; None: the piece has no clear pauses in this take."""
        texts = self._rows[prompt.language, prompt.text] if take.row else (prompt.text,)
        files = [self._file(prompt, text, take, texts) for text in texts]
        if not all(file.exists() for file in files):
            self._voice = self._voice or Voice(self._cache, self._threads)
            if prompt.is_piece:
                spoken = self._voice.pieces(list(texts), prompt.language, take)
            else:
                spoken = [self._voice.sentence(prompt.text, prompt.language, take)]
            for file, samples in zip(files, spoken):
                part = file.with_suffix(".part")
                with part.open("wb") as out:
                    np.save(out, np.zeros(0, np.float32) if samples is None else samples.astype(np.float32))
                part.replace(file)
        samples = np.load(files[texts.index(prompt.text)])
        return samples if samples.size else None

    def _file(self, prompt: Prompt, text: str, take: Take, texts: tuple[str, ...]) -> Path:
        name = repr((RECIPE, prompt.language, prompt.is_piece, text, take, texts))
        return self._spoken / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.npy"


def _rows(every: list[Prompt]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The row of each piece that is spoken in one, by language and text."""
    rows = {}
    for language in {prompt.language for prompt in every}:
        long = (p for p in every if p.language == language and takes.of(p)[0].row)
        texts = list(dict.fromkeys(p.text for p in long))
        for at in range(0, len(texts), ROW):
            row = tuple(texts[at : at + ROW])
            rows |= {(language, text): row for text in row}
    return rows
