"""Would a telephone key be heard in a prompt? The engine's own measure (`src/media/detector.rs`)."""

import numpy as np

from telephone import RATE_HZ

LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")

# Samples of one look; a key is what two looks in a row agree on.
LOOK = 102
POWER_MIN = 1.0e7 / 32768**2
TWIST = 6.31
TWIST_REVERSE = 3.98
# The best of a group is above each other of it by so much.
PEAK = 6.31
# Part of a look's energy that lies in the two tones; speech spreads it.
SHARE_MIN = 0.80
# A voice has strong second harmonics.
HARMONIC_MAX = 0.12


TIME = np.arange(LOOK) / RATE_HZ
TONES_HZ = np.array(LOW_HZ + HIGH_HZ)
WAVES = np.outer(2 * np.pi * TIME, np.concatenate([TONES_HZ, 2 * TONES_HZ]))
WAVES = np.concatenate([np.cos(WAVES), np.sin(WAVES)], axis=1)


def heard_keys(samples: np.ndarray) -> list[str]:
    """Keys that the detector would report, each once, wherever its looks begin."""
    if len(samples) < 2 * LOOK:
        return []
    looks = np.lib.stride_tricks.sliding_window_view(samples, LOOK)
    waves = looks @ WAVES
    power = waves[:, :16] ** 2 + waves[:, 16:] ** 2
    low, row, low_harmonic = _best(power[:, :4], power[:, 8:12])
    high, column, high_harmonic = _best(power[:, 4:8], power[:, 12:])
    energy = np.sum(looks**2, axis=1)
    is_key = (np.minimum(low, high) >= POWER_MIN) & (high <= low * TWIST) & (low <= high * TWIST_REVERSE)
    is_key &= low + high >= SHARE_MIN * energy * LOOK / 2
    is_key &= (low_harmonic <= HARMONIC_MAX * low) & (high_harmonic <= HARMONIC_MAX * high)
    key = np.where(is_key, 4 * row + column, -1)
    agreed = key[LOOK:][(key[LOOK:] >= 0) & (key[LOOK:] == key[:-LOOK])]
    return sorted({KEYS[at // 4][at % 4] for at in agreed})


def _best(tones: np.ndarray, harmonics: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Power, place and second harmonic of the strongest of four in each look; 0 where it does not stand out."""
    place = tones.argmax(axis=1)
    at = np.arange(len(tones)), place
    others = np.partition(tones, -2, axis=1)[:, -2]
    return np.where(others * PEAK < tones[at], tones[at], 0), place, harmonics[at]
