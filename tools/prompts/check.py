"""Measure the files under `sounds/`: form, level, length, false keys, recognition."""

import csv
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

import catalogue
import telephone
import tones
from keys import heard_keys

FIGURES = Path(__file__).with_name("figures.csv")

PEAK_TOLERANCE_DB = 1.0
RMS_TOLERANCE_DB = 2.0
SECONDS_PER_UNIT = {"zh": (0.12, 0.75), "en": (0.03, 0.30)}
PINYIN_ERROR_MAX = 0.15

# A recogniser guesses wildly at one or two syllables alone, so it hears short
# Mandarin pieces as callers do: after the first prompt and before the second.
SHORT_SYLLABLES = 2
SHORT_BETWEEN = ("agent-no", "at-your-service")


@dataclass
class Figures:
    """One row of figures.csv. `error` is the recognition error, 0–1, where measured."""

    language: str
    id: str
    seconds: float
    peak_dbfs: float
    rms_dbfs: float
    error: float | None = None
    heard: str = ""


def run(prompts: list[catalogue.Prompt], sounds: Path, recognition: bool) -> int:
    """Check all, print the faults and a summary, write figures.csv; the exit code."""
    ear = _ear() if recognition else None
    rows, faults = [], []
    for prompt in prompts:
        name = str(prompt.path(sounds).relative_to(sounds))
        try:
            samples = telephone.read_wav(prompt.path(sounds))
        except (OSError, ValueError) as error:
            faults.append(f"{name}: {error}")
            continue
        row = _measure(prompt.language, prompt.id, samples)
        faults += [f"{name}: {fault}" for fault in _speech_faults(prompt, samples, row)]
        if ear:
            samples, text = _in_context(prompt, samples, sounds)
            row.heard = ear.hear(samples, prompt.language)
            row.error = ear.error(text, row.heard, prompt.language)
        rows.append(row)
    for path, _ in tones.FILES.values():
        samples = telephone.read_wav(sounds / path)
        rows.append(_measure("", path.removesuffix(".wav"), samples))
        faults += [f"{path}: heard as key {key}" for key in heard_keys(samples)]
    _write(rows, sounds)
    _summary(rows)
    for fault in faults:
        print(fault)
    print(f"{len(rows)} files, {len(faults)} faults")
    return 1 if faults else 0


def _measure(language: str, id: str, samples: np.ndarray) -> Figures:
    return Figures(
        language,
        id,
        round(len(samples) / telephone.RATE_HZ, 2),
        round(telephone.db(np.abs(samples).max()), 1),
        round(telephone.db(telephone.speech_rms(samples)), 1),
    )


def _in_context(prompt: catalogue.Prompt, samples: np.ndarray, sounds: Path) -> tuple[np.ndarray, str]:
    if prompt.language != "zh" or len(prompt.text) > SHORT_SYLLABLES:
        return samples, prompt.text
    texts = {p.id: p for p in catalogue.read(sounds) if p.language == "zh"}
    before, after = (texts[id] for id in SHORT_BETWEEN)
    gap = np.zeros(telephone.RATE_HZ // 12)
    parts = [telephone.read_wav(p.path(sounds)) for p in (before, after)]
    joined = np.concatenate([parts[0], gap, samples, gap, parts[1]])
    return joined, before.text + prompt.text + after.text


def _speech_faults(prompt: catalogue.Prompt, samples: np.ndarray, row: Figures):
    even = row.rms_dbfs > telephone.RMS_MAX_DBFS - 0.3
    too_low = row.peak_dbfs < telephone.PEAK_DBFS - PEAK_TOLERANCE_DB
    if row.peak_dbfs > telephone.PEAK_DBFS + PEAK_TOLERANCE_DB or (too_low and not even):
        yield f"peak {row.peak_dbfs} dBFS"
    if abs(row.rms_dbfs - telephone.RMS_DBFS) > RMS_TOLERANCE_DB:
        yield f"RMS {row.rms_dbfs} dBFS"
    if np.abs(samples).max() > 0.98:
        yield "clipped"
    edges = np.concatenate([samples[:40], samples[-40:]])
    if np.abs(edges).max() > 0.05:
        yield "starts or ends inside a sound"
    units = len(re.findall(r"\w", prompt.text))
    low, high = SECONDS_PER_UNIT[prompt.language]
    if not units * low < row.seconds < units * high + 0.6:
        yield f"{row.seconds} s for {units} characters"
    for key in heard_keys(samples):
        yield f"heard as key {key}"


def _ear():
    try:
        from recognition import Ear
    except ModuleNotFoundError as missing:
        print(f"no recognition: {missing.name} is not installed (requirements-check.txt)")
        return None
    return Ear()


def _write(rows: list[Figures], sounds: Path) -> None:
    """Update figures.csv: rows of files that were not measured now stay, in the order of the list."""
    measured = {(row.language, row.id): asdict(row) for row in rows}
    if FIGURES.exists():
        with FIGURES.open(encoding="utf-8", newline="") as file:
            measured = {(row["language"], row["id"]): row for row in csv.DictReader(file)} | measured
    order = [(prompt.language, prompt.id) for prompt in catalogue.read(sounds)]
    order += [("", path.removesuffix(".wav")) for path, _ in tones.FILES.values()]
    with FIGURES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Figures)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(measured[key] for key in order if key in measured)


def _group(row: Figures) -> str:
    return row.id.split("/")[0] if "/" in row.id else "phrases"


def _summary(rows: list[Figures]) -> None:
    spoken = [row for row in rows if row.language]
    for language, group in sorted({(row.language, _group(row)) for row in spoken}):
        those = [r for r in spoken if (r.language, _group(r)) == (language, group)]
        rms = [row.rms_dbfs for row in those]
        line = f"{language} {group}: {len(those)} files, {sum(r.seconds for r in those):.0f} s"
        line += f", RMS {min(rms)} to {max(rms)} dBFS"
        errors = [row.error for row in those if row.error is not None]
        if errors:
            over = [row.id for row in those if (row.error or 0) > PINYIN_ERROR_MAX]
            line += f", recognition error {np.mean(errors):.1%}, {len(over)} above {PINYIN_ERROR_MAX:.0%}"
        print(line)
