#!/usr/bin/env python3
"""Make the voice prompts, the hold music and the beep under `sounds/`."""

import argparse
import sys
from pathlib import Path

import catalogue
import telephone
import tones

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path.home() / ".cache" / "hotline-prompts"


def main() -> int:
    """Command line; see README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="only these prompts, or `moh` or `beep`")
    parser.add_argument("--sounds", type=Path, default=ROOT / "sounds", help="the folder to fill")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where voices are kept")
    parser.add_argument("--language", choices=list(catalogue.FOLDERS), help="only this one")
    parser.add_argument("--series", action="store_true", help="rewrite the numbered rows of prompts.csv")
    parser.add_argument("--check", action="store_true", help="measure what is there; make nothing")
    parser.add_argument("--no-recognition", action="store_true", help="with --check: skip recognition")
    arguments = parser.parse_args()

    if arguments.series:
        print(f"{catalogue.write_series(arguments.sounds)} numbered rows")
        return 0
    prompts = [
        prompt
        for prompt in catalogue.read(arguments.sounds)
        if arguments.language in (None, prompt.language) and (not arguments.ids or prompt.id in arguments.ids)
    ]
    if arguments.check:
        import check

        return check.run(prompts, arguments.sounds, recognition=not arguments.no_recognition)
    return make(prompts, arguments)


def make(prompts: list[catalogue.Prompt], arguments: argparse.Namespace) -> int:
    """Write the files; the number of prompts that failed decides the exit code."""
    made = {prompt.id for prompt in prompts}
    for id, (path, samples) in tones.FILES.items():
        if not arguments.ids or id in arguments.ids:
            telephone.write_wav(arguments.sounds / path, samples())
            made.add(id)
            print(path)
    if unknown := set(arguments.ids) - made:
        print(f"no such prompt: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    return speak(prompts, arguments) if prompts else 0


def speak(prompts: list[catalogue.Prompt], arguments: argparse.Namespace) -> int:
    """Synthesise, bring to telephone form, write."""
    import voice

    speaker = voice.Voice(arguments.cache)
    failed = 0
    for prompt in prompts:
        path = prompt.path(arguments.sounds)
        try:
            spoken = voice.trim(speaker.say(prompt.text, prompt.language), voice.RATE_HZ)
        except ValueError as error:
            print(f"{prompt.language} {prompt.id}: {error}", file=sys.stderr)
            failed += 1
            continue
        samples = telephone.level(telephone.band(spoken, voice.RATE_HZ))
        telephone.write_wav(path, telephone.fade(samples, 0.01))
        print(path.relative_to(arguments.sounds), f"{len(samples) / telephone.RATE_HZ:.2f} s")
    print(f"{len(prompts) - failed} prompts made, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
