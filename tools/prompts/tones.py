"""Sounds that nobody speaks: the hold music and the beep."""

import numpy as np

from telephone import RATE_HZ, fade, from_db

MUSIC_RMS_DBFS = -24.0
PARTIALS_BELOW_HZ = 3_000.0

BEAT_S = 0.84
BEATS = 64

# Semitones above G3 (196 Hz) of the G major pentatonic, two octaves.
G, A, B, D, E = 0, 2, 4, 7, 9
G2, A2, B2, D2, E2 = (12 + note for note in (G, A, B, D, E))

# (beats, note) of the melody; None rests. Four lines of four bars.
MELODY = [
    (1.5, D), (0.5, E), (1, G2), (1, B), (2, A), (1, B), (1, None),
    (1, D), (1, E), (1.5, G2), (0.5, A2), (3, E), (1, None),
    (1.5, G2), (0.5, A2), (1, B2), (1, G2), (2, A2), (1, E), (1, None),
    (1, G2), (1, E), (1.5, D), (0.5, B), (3, A), (1, None),
    (1, B2), (1, A2), (1, G2), (1, A2), (2, D2), (1, B2), (1, None),
    (1.5, A2), (0.5, G2), (1, E), (1, G2), (3, A2), (1, None),
    (1, E), (1, G2), (1, D), (1, B), (2, E), (1, D), (1, None),
    (1.5, B), (0.5, D), (1, A), (1, B), (3, G), (1, None),
]  # fmt: skip

# Root and fifth of each bar, within the scale; two bars to a colour in the middle.
CHORDS = [
    (G, D), (A, E), (E - 12, B), (A, E), (E - 12, B), (A, E), (G, D), (D - 12, A),
    (G, D), (E - 12, B), (A, E), (D - 12, A), (E - 12, B), (A, E), (D - 12, A), (G, D),
]  # fmt: skip


def hold_music() -> np.ndarray:
    """A loop of 54 s. Tails run over the end into the beginning, so it has no seam."""
    loop = np.zeros(round(BEATS * BEAT_S * RATE_HZ))
    beat = 0.0
    for beats, note in MELODY:
        if note is not None:
            _mix(loop, beat, _pluck(_hz(note), seconds=3.2), 0.55)
        beat += beats
    assert beat == BEATS, "the melody fills the loop"
    for bar, (root, fifth) in enumerate(CHORDS):
        at = bar * 4
        for note, gain in ((root, 0.26), (fifth, 0.2), (root + 12, 0.12)):
            _mix(loop, at - 0.6, _pad(_hz(note), seconds=5.2 * BEAT_S), gain)
        # A quiet broken chord between the notes of the melody.
        for offset, note in ((0.5, root), (1.5, fifth), (2.5, root + 12), (3.5, fifth)):
            _mix(loop, at + offset, _pluck(_hz(note), seconds=2.0), 0.16)
    loop = _room(loop)
    return loop * from_db(MUSIC_RMS_DBFS) / np.sqrt(np.mean(loop**2))


def beep() -> np.ndarray:
    """1 kHz for 0.4 s: speak after it."""
    time = np.arange(int(0.4 * RATE_HZ)) / RATE_HZ
    return fade(from_db(-9) * np.sin(2 * np.pi * 1000 * time), 0.01)


def _hz(note: int) -> float:
    return 196.0 * 2 ** (note / 12)


def _mix(loop: np.ndarray, beat: float, sound: np.ndarray, gain: float) -> None:
    """Add a sound at a beat; what runs over the end lands at the beginning."""
    start = round(beat * BEAT_S * RATE_HZ)
    where = (start + np.arange(len(sound))) % len(loop)
    loop[where] += gain * sound


def _pluck(hz: float, seconds: float) -> np.ndarray:
    """A soft string: high partials are weaker and die sooner."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = np.zeros_like(time)
    for partial in range(1, int(PARTIALS_BELOW_HZ / hz) + 1):
        decay = np.exp(-time * (1.3 + 0.9 * partial))
        sound += decay * np.sin(2 * np.pi * hz * partial * time) / partial**1.7
    return fade(sound, 0.006)


def _pad(hz: float, seconds: float) -> np.ndarray:
    """A slow chord tone, two voices a little apart, that swells and goes."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = np.zeros_like(time)
    for detune in (-0.35, 0.35):
        for partial, gain in ((1, 1.0), (2, 0.35), (3, 0.12)):
            sound += gain * np.sin(2 * np.pi * (hz * partial + detune) * time)
    return sound * np.sin(np.pi * time / seconds) ** 2


def _room(loop: np.ndarray) -> np.ndarray:
    """A small hall, around the loop; nothing above the telephone band."""
    time = np.arange(int(1.2 * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(12345).standard_normal(len(time))
    echo = noise * np.exp(-time * 5) * (time > 0.012)
    response = np.zeros_like(loop)
    response[: len(echo)] = 0.35 * echo / np.sqrt(np.sum(echo**2))
    response[0] = 1
    spectrum = np.fft.rfft(loop) * np.fft.rfft(response)
    hz = np.fft.rfftfreq(len(loop), 1 / RATE_HZ)
    spectrum[(hz < 80) | (hz > 3_300)] = 0
    return np.fft.irfft(spectrum, len(loop))


FILES = {"moh": ("moh/default.wav", hold_music), "beep": ("beep.wav", beep)}
