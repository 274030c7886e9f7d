"""Speaks prompts, and keeps what was spoken, so that work that was broken off goes on."""

import hashlib
from pathlib import Path

import numpy as np

from catalogue import Prompt
from takes import Take
from voice import Voice

# Changes when the voice speaks the same text in the same take otherwise.
RECIPE = "3"


class Speaker:
    """Loads the voice when something was not spoken before."""

    def __init__(self, cache: Path, threads: int):
        self._cache = cache
        self._spoken = cache / "spoken"
        self._spoken.mkdir(parents=True, exist_ok=True)
        self._threads = threads
        self._voice: Voice | None = None

    def speak(self, prompt: Prompt, take: Take) -> np.ndarray | None:
        """Mono samples at the voice's rate; None: the piece has no clear pauses in this take."""
        name = repr((RECIPE, prompt.language, prompt.is_piece, prompt.text, take))
        file = self._spoken / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.npy"
        if not file.exists():
            self._voice = self._voice or Voice(self._cache, self._threads)
            speak = self._voice.piece if prompt.is_piece else self._voice.sentence
            spoken = speak(prompt.text, prompt.language, take)
            part = file.with_suffix(".part")
            with part.open("wb") as out:
                np.save(out, np.zeros(0, np.float32) if spoken is None else spoken.astype(np.float32))
            part.replace(file)
        samples = np.load(file)
        return samples if samples.size else None
