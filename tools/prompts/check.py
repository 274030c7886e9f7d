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

PEAK_TOLERANCE_DB = 1.0
RMS_SPAN_DB = 3.0
SECONDS_PER_UNIT = {"zh": (0.12, 0.75), "en": (0.03, 0.30)}
ERROR_MAX = 0.15
ERROR_MEAN_MAX = 0.05


@dataclass
class Figures:
    """One row of quality.csv. `error` is the recognition error, 0–1, where measured."""

    language: str
    id: str
    seconds: float
    peak_dbfs: float
    rms_dbfs: float
    error: float | None = None
    heard: str = ""


def run(prompts: list[catalogue.Prompt], arguments) -> int:
    """Check all, print the faults and a summary, update quality.csv; the exit code."""
    sounds = arguments.sounds
    rows, faults, speech = [], [], {}
    for prompt in prompts:
        try:
            samples = telephone.read_wav(prompt.path(sounds))
        except (OSError, ValueError) as error:
            faults.append(f"{prompt.name()}: {error}")
            continue
        speech[prompt] = samples
        rows.append(_measure(prompt.language, prompt.id, samples))
        faults += [f"{prompt.name()}: {fault}" for fault in _speech_faults(prompt, samples, rows[-1])]
    if not arguments.no_recognition:
        recognise(speech, rows, arguments)
        faults += [f"{_name(row)}: error {row.error:.0%}: {row.heard}" for row in rows if row.error > ERROR_MAX]
        for language in catalogue.FOLDERS:
            errors = [row.error for row in rows if row.language == language]
            if errors and np.mean(errors) > ERROR_MEAN_MAX:
                faults.append(f"{language}: mean error {np.mean(errors):.1%}")
    rms = [row.rms_dbfs for row in rows]
    if rms and max(rms) - min(rms) > RMS_SPAN_DB:
        faults.append(f"RMS from {min(rms)} to {max(rms)} dBFS")
    for path in tones.FILES:
        samples = telephone.read_wav(sounds / path)
        rows.append(_measure("", path.removesuffix(".wav"), samples))
        faults += [f"{path}: heard as key {key}" for key in heard_keys(samples)]
    _write(rows, sounds, arguments)
    _summary(rows)
    for fault in faults:
        print(fault)
    print(f"{len(rows)} files, {len(faults)} faults")
    return 1 if faults else 0


def recognise(speech: dict[catalogue.Prompt, np.ndarray], rows: list[Figures], arguments) -> None:
    """Fill in `error` and `heard` of the rows; pieces are heard among the others of their language."""
    hearing = new_hearing(arguments)
    by_key = {(row.language, row.id): row for row in rows}
    for language in catalogue.FOLDERS:
        for prompt, heard in hear(hearing, language, speech, list(speech)).items():
            row = by_key[prompt.language, prompt.id]
            row.error, row.heard = round(heard.error, 3), heard.text


def hear(hearing, language: str, speech: dict[catalogue.Prompt, np.ndarray], prompts: list[catalogue.Prompt]):
    """What becomes of these prompts of a language, pieces among all that `speech` has."""
    prompts = [prompt for prompt in prompts if prompt.language == language]
    heard = hearing.sentences({p: speech[p] for p in prompts if not p.is_piece})
    pieces = {p.text: samples for p, samples in speech.items() if p.is_piece and p.language == language}
    if only := {p.text for p in prompts if p.is_piece}:
        by_text = hearing.pieces(language, pieces, only)
        heard |= {p: by_text[p.text] for p in prompts if p.is_piece}
    return heard


def new_hearing(arguments, **rows):
    """The recogniser with what it needs between pieces."""
    import takes
    from hearing import BETWEEN, Hearing
    from make import rest
    from recognition import Ear
    from speaker import Speaker
    from voice import RATE_HZ

    speaker = Speaker(arguments.cache, arguments.threads)
    between = {}
    for language, text in BETWEEN.items():
        spoken = speaker.speak(catalogue.Prompt("", language, text), takes.PIECE[0])
        between[language] = telephone.finish(spoken, RATE_HZ)
    return Hearing(Ear(arguments.cache, arguments.threads), between, lambda: rest(arguments), **rows)


def _name(row: Figures) -> str:
    return f"{catalogue.FOLDERS[row.language]}/{row.id}"


def _measure(language: str, id: str, samples: np.ndarray) -> Figures:
    return Figures(
        language,
        id,
        round(len(samples) / telephone.RATE_HZ, 2),
        round(telephone.db(np.abs(samples).max()), 1),
        round(telephone.db(telephone.speech_rms(samples)), 1),
    )


def _speech_faults(prompt: catalogue.Prompt, samples: np.ndarray, row: Figures):
    if abs(row.peak_dbfs - telephone.PEAK_DBFS) > PEAK_TOLERANCE_DB:
        yield f"peak {row.peak_dbfs} dBFS"
    if np.abs(samples).max() > 0.98:
        yield "clipped"
    if telephone.is_cut(samples):
        yield "starts or ends inside a sound"
    units = len(re.findall(r"\w", prompt.text))
    low, high = SECONDS_PER_UNIT[prompt.language]
    if not units * low < row.seconds < units * high + 0.6:
        yield f"{row.seconds} s for {units} characters"
    for key in heard_keys(samples):
        yield f"heard as key {key}"


def _write(rows: list[Figures], sounds: Path, arguments) -> None:
    """Update quality.csv: rows of files that were not measured now stay, in the order of the list."""
    path = sounds / "quality.csv"
    measured = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            measured = {(row["language"], row["id"]): row for row in csv.DictReader(file)}
    for row in rows:
        old = measured.get((row.language, row.id), {})
        new = asdict(row)
        if arguments.no_recognition:
            new |= {"error": old.get("error", ""), "heard": old.get("heard", "")}
        measured[row.language, row.id] = new
    order = [(prompt.language, prompt.id) for prompt in catalogue.read(sounds)]
    order += [("", path.removesuffix(".wav")) for path in tones.FILES]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Figures)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(measured[key] for key in order if key in measured)


def _group(row: Figures) -> str:
    return row.id.split("/")[0] if "/" in row.id else "phrases"


def _summary(rows: list[Figures]) -> None:
    spoken = [row for row in rows if row.language]
    groups = [(language, group) for language, group in dict.fromkeys((r.language, _group(r)) for r in spoken)]
    for language, group in groups + [(language, "all") for language in catalogue.FOLDERS]:
        those = [r for r in spoken if r.language == language and group in ("all", _group(r))]
        if not those:
            continue
        rms = [row.rms_dbfs for row in those]
        peaks = [row.peak_dbfs for row in those]
        line = f"{language} {group}: {len(those)} files, {sum(r.seconds for r in those):.0f} s"
        line += f", peak {min(peaks)} to {max(peaks)}, RMS {min(rms)} to {max(rms)} dBFS"
        errors = [row.error for row in those if row.error is not None]
        if errors:
            line += f", error mean {np.mean(errors):.1%}, most {max(errors):.0%}"
        print(line)
