#!/usr/bin/env python3
"""Make the voice prompts and the hold music under `sounds/`, and measure them."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import catalogue
import takes
import telephone
import tones
from keys import heard_keys

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path.home() / ".cache" / "hotline-prompts"


def main() -> int:
    """Command line; see README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="only these: ids, or series such as `num/`, or `moh/default`")
    parser.add_argument("--sounds", type=Path, default=ROOT / "sounds", help="the folder to fill")
    parser.add_argument("--wide", type=Path, help="a folder to fill with 16 kHz PCM, too")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where voices and answers of the recogniser are kept")
    parser.add_argument("--language", choices=list(catalogue.FOLDERS), help="only this one")
    parser.add_argument("--missing", action="store_true", help="only files that are not there")
    parser.add_argument("--threads", type=int, default=2, help="for the voice and the recogniser")
    parser.add_argument("--pause-while", type=Path, metavar="FILE", help="rest between prompts while it exists")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--series", action="store_true", help="rewrite the counted rows of prompts.csv")
    what.add_argument("--agents", metavar="NUMBERS", help="make the announcements of agents, such as 1001-1030,2001")
    what.add_argument("--check", action="store_true", help="measure what is there; make nothing")
    what.add_argument("--search", action="store_true", help="find another way to speak what is not understood")
    parser.add_argument("--no-recognition", action="store_true", help="with --check: skip recognition")
    arguments = parser.parse_args()

    if arguments.series:
        print(f"{catalogue.write_series(arguments.sounds)} counted rows")
        return 0
    if arguments.agents:
        if arguments.sounds == ROOT / "sounds":
            parser.error("--agents needs --sounds: the folder that `node.sounds` of the configuration names")
        every = catalogue.agents(arguments.agents)
    else:
        every = catalogue.read(arguments.sounds)
    prompts = [prompt for prompt in every if is_wanted(prompt.id, arguments.ids)]
    prompts = [prompt for prompt in prompts if arguments.language in (None, prompt.language)]
    if arguments.check:
        import check

        return check.run(prompts, arguments)
    if arguments.search:
        import search

        return search.run(prompts, arguments)
    return make(prompts, arguments)


def is_wanted(id: str, names: list[str]) -> bool:
    """Is it one of these, or in a series of them?"""
    return not names or any(id == name or (name.endswith("/") and id.startswith(name)) for name in names)


def rest(arguments: argparse.Namespace) -> None:
    """Leave the machine to others while they ask for it."""
    while arguments.pause_while and arguments.pause_while.exists():
        time.sleep(5)


def make(prompts: list[catalogue.Prompt], arguments: argparse.Namespace) -> int:
    """Write the files; the exit code tells whether one failed."""
    found = bool(prompts)
    for path, samples in tones.FILES.items():
        if not arguments.agents and is_wanted(path.removesuffix(".wav"), arguments.ids):
            found = True
            telephone.write_wav(arguments.sounds / path, samples())
            print(path)
    if not found:
        print(f"no such prompt: {', '.join(arguments.ids)}", file=sys.stderr)
        return 2
    if arguments.missing:
        prompts = [prompt for prompt in prompts if not prompt.path(arguments.sounds).exists()]
    return speak(prompts, arguments) if prompts else 0


def speak(prompts: list[catalogue.Prompt], arguments: argparse.Namespace) -> int:
    """Synthesise, bring to telephone form, write."""
    from speaker import Speaker
    from voice import RATE_HZ

    speaker = Speaker(arguments.cache, arguments.threads)
    chosen = takes.read()
    failed = 0
    for prompt in prompts:
        rest(arguments)
        try:
            take, spoken, samples = first_good(prompt, speaker, chosen)
        except ValueError as error:
            print(f"{prompt.name()}: {error}", file=sys.stderr)
            failed += 1
            continue
        telephone.write_wav(prompt.path(arguments.sounds), samples)
        if arguments.wide:
            telephone.write_wide_wav(prompt.path(arguments.wide), telephone.finish_wide(spoken, RATE_HZ))
        print(prompt.name(), f"{len(samples) / telephone.RATE_HZ:.2f} s", takes.name(take), flush=True)
    print(f"{len(prompts) - failed} prompts made, {failed} failed")
    return 1 if failed else 0


def first_good(prompt: catalogue.Prompt, speaker, chosen: dict) -> tuple[takes.Take, np.ndarray, np.ndarray]:
    """Spoken in the take that was chosen, else in the first that is whole, at its level and like no key."""
    from voice import RATE_HZ

    left = takes.of(prompt)
    if take := chosen.get((prompt.language, prompt.text)):
        left = (take, *left)
    for take in left:
        if (spoken := speaker.speak(prompt, take)) is None:
            continue
        try:
            samples = telephone.as_written(telephone.finish(spoken, RATE_HZ))
        except telephone.TooEven:
            continue
        if not telephone.is_cut(samples) and not heard_keys(samples):
            return take, spoken, samples
    raise ValueError("no take has clear pauses around it, the right level and no sound of a key")


if __name__ == "__main__":
    sys.exit(main())
