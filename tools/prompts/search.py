"""Find another take for each prompt that is not understood; the choice goes into takes.csv."""

import catalogue
import takes
import telephone
from check import ERROR_MAX, hear, new_hearing
from keys import heard_keys
from speaker import Speaker
from voice import RATE_HZ

TRIED_ROWS_MIN = 5


def run(prompts: list[catalogue.Prompt], arguments) -> int:
    """Tries take after take for all that are left; writes what is better and its audio."""
    hearing = new_hearing(arguments)
    every = catalogue.read(arguments.sounds)
    speaker = Speaker(arguments.cache, arguments.threads)
    speech = {prompt: telephone.read_wav(prompt.path(arguments.sounds)) for prompt in every}
    chosen = {}
    best = _errors(hearing, prompts, speech)
    # A take must be understood more often than by chance.
    hearing = new_hearing(arguments, rows_min=TRIED_ROWS_MIN)
    left = [prompt for prompt in prompts if best[prompt] > ERROR_MAX or heard_keys(speech[prompt])]
    print(f"{len(left)} of {len(prompts)} are not understood", flush=True)
    for turn in range(max(len(takes.SENTENCE), len(takes.PIECE))):
        tried = {}
        for prompt in left:
            of = takes.of(prompt)
            if turn >= len(of):
                continue
            try:
                spoken = speaker.speak(prompt, of[turn])
                samples = None if spoken is None else telephone.as_written(telephone.finish(spoken, RATE_HZ))
            except telephone.TooEven:
                continue
            if samples is not None and not heard_keys(samples) and not telephone.is_cut(samples):
                tried[prompt] = of[turn], samples
        if tried:
            errors = _errors(hearing, list(tried), speech | {p: samples for p, (_, samples) in tried.items()})
            for prompt, (take, samples) in tried.items():
                if errors[prompt] < best[prompt]:
                    best[prompt] = errors[prompt]
                    chosen[prompt.language, prompt.text] = take
                    for same in every:
                        if (same.language, same.text) == (prompt.language, prompt.text):
                            telephone.write_wav(same.path(arguments.sounds), samples)
                            speech[same] = samples
            # Another run may have written meanwhile, of the other language.
            takes.write(takes.read() | chosen)
        left = [prompt for prompt in left if best[prompt] > ERROR_MAX]
        print(f"after take {turn + 1}: {len(left)} left", flush=True)
        if not left:
            return 0
    for prompt in left:
        print(f"{prompt.name()}: {best[prompt]:.0%} {prompt.text}")
    return 1


def _errors(hearing, prompts, speech) -> dict[catalogue.Prompt, float]:
    errors = {}
    for language in catalogue.FOLDERS:
        errors |= {prompt: heard.error for prompt, heard in hear(hearing, language, speech, prompts).items()}
    return errors
