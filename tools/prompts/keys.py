"""Would a telephone key be heard in a prompt? A plain detector of dual tones."""

import numpy as np

from telephone import RATE_HZ

LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")

BLOCK = 205
# A key lasts at least 40 ms: two blocks in a row.
BLOCKS_MIN = 2
LEVEL_MIN_DBFS = -36
TWIST_MAX_DB = 8
# Part of the block's energy that must lie in the two tones; speech spreads it.
PURITY_MIN = 0.8


def heard_keys(samples: np.ndarray) -> list[str]:
    """Keys that a detector would report, once for each time it hears one."""
    count = len(samples) // BLOCK
    if count == 0:
        return []
    blocks = samples[: count * BLOCK].reshape(count, BLOCK)
    time = np.arange(BLOCK) / RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(time, LOW_HZ + HIGH_HZ))
    # Power of a sine at each of the eight frequencies.
    power = 2 * np.abs(blocks @ waves / BLOCK) ** 2
    total = np.mean(blocks**2, axis=1)
    found, previous, run = [], None, 0
    for tones, energy in zip(power, total):
        key = _key(tones[:4], tones[4:], energy)
        run = run + 1 if key is not None and key == previous else int(key is not None)
        if run == BLOCKS_MIN:
            found.append(key)
        previous = key
    return found


def _key(low: np.ndarray, high: np.ndarray, energy: float) -> str | None:
    row, column = int(low.argmax()), int(high.argmax())
    both = low[row] + high[column]
    loud = both > 10 ** (LEVEL_MIN_DBFS / 10)
    if not loud or both < PURITY_MIN * energy:
        return None
    twist = abs(10 * np.log10(max(low[row], 1e-12) / max(high[column], 1e-12)))
    return KEYS[row][column] if twist < TWIST_MAX_DB else None
