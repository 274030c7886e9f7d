"""Sounds that nobody speaks: the hold music and two short signals."""

import numpy as np

from telephone import RATE_HZ, fade, from_db

MUSIC_RMS_DBFS = -24.0
PARTIALS_BELOW_HZ = 3_000.0

BEAT_S = 0.9
BARS = 16
BEATS = 4 * BARS
# Beats in which one chord goes and the next comes.
MELT = 1.6

# Semitones above C3 (130.8 Hz) of each bar's chord, the root first. G major, four lines of
# four bars: I vi IV V, I iii IV V, vi iii IV I, ii V I V; no bar jumps, most tones stay.
CHORDS = [
    (7, 14, 19, 23, 26), (4, 11, 19, 23, 26), (0, 12, 19, 23, 28), (2, 14, 18, 21, 28),
    (7, 14, 19, 23, 26), (11, 14, 18, 23, 26), (0, 12, 16, 19, 26), (2, 14, 18, 21, 24),
    (4, 11, 19, 23, 28), (11, 14, 18, 23, 30), (0, 12, 19, 23, 28), (7, 14, 19, 23, 26),
    (9, 16, 19, 24, 28), (2, 14, 18, 21, 28), (7, 14, 19, 23, 31), (2, 14, 19, 21, 26),
]  # fmt: skip
# Which tone of the chord each half beat plays, first quietly up, then down; None rests.
FIGURE = (0, 2, 3, 2, 4, 3, 2, None)
# (bar, beat, beats, note) of a sparse melody over it.
MELODY = [
    (0, 0, 3, 26), (1, 0, 2, 28), (1, 2, 2, 26), (2, 0, 3, 23), (3, 1, 3, 21),
    (4, 0, 3, 23), (5, 0, 2, 26), (5, 2, 2, 23), (6, 0, 4, 19), (7, 1, 3, 21),
    (8, 0, 3, 31), (9, 0, 2, 30), (9, 2, 2, 26), (10, 0, 3, 28), (11, 0, 4, 26),
    (12, 0, 2, 24), (12, 2, 2, 28), (13, 0, 3, 26), (14, 0, 4, 23), (15, 1, 3, 21),
]  # fmt: skip


def hold_music() -> np.ndarray:
    """A loop of 57.6 s. Tails run over the end into the beginning, so it has no seam."""
    loop = np.zeros(round(BEATS * BEAT_S * RATE_HZ))
    for bar, chord in enumerate(CHORDS):
        for note in chord:
            gain = 0.2 if note == chord[0] else 0.15
            # It begins before its bar and ends after it: chords melt into each other.
            _mix(loop, 4 * bar - MELT / 2, _pad(_hz(note), (4 + MELT) * BEAT_S, MELT * BEAT_S), gain)
        for half, tone in enumerate(FIGURE):
            if tone is not None:
                loudness = 0.24 if half == 0 else 0.17
                _mix(loop, 4 * bar + half / 2, _string(_hz(chord[tone]), seconds=3.0), loudness)
    for bar, beat, beats, note in MELODY:
        _mix(loop, 4 * bar + beat, _reed(_hz(note), seconds=(beats + 0.6) * BEAT_S), 0.26)
    loop = _hall(loop)
    return loop * from_db(MUSIC_RMS_DBFS) / np.sqrt(np.mean(loop**2))


def joins() -> np.ndarray:
    """Two soft notes upwards: somebody has come into a call."""
    return _signal(19, 24)


def leaves() -> np.ndarray:
    """Two soft notes downwards: somebody has left."""
    return _signal(24, 19)


def _signal(*notes: int) -> np.ndarray:
    sound = np.zeros(int(0.7 * RATE_HZ))
    for at, note in enumerate(notes):
        one = _string(_hz(note), seconds=0.5)
        begin = int(at * 0.16 * RATE_HZ)
        sound[begin : begin + len(one)] += one
    return fade(sound * from_db(-9) / np.abs(sound).max(), 0.01)


def _hz(note: int) -> float:
    return 130.81 * 2 ** (note / 12)


def _mix(loop: np.ndarray, beat: float, sound: np.ndarray, gain: float) -> None:
    """Add a sound at a beat; what runs over the end lands at the beginning."""
    start = round(beat * BEAT_S * RATE_HZ)
    where = (start + np.arange(len(sound))) % len(loop)
    loop[where] += gain * sound


def _time(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * RATE_HZ)) / RATE_HZ


def _partials(hz: float) -> range:
    return range(1, int(PARTIALS_BELOW_HZ / hz) + 1)


def _string(hz: float, seconds: float) -> np.ndarray:
    """A soft string, stroked more than plucked: it swells for 40 ms; high partials die sooner."""
    time = _time(seconds)
    sound = np.zeros_like(time)
    for partial in _partials(hz):
        decay = np.exp(-time * (1.2 + 0.8 * partial))
        sound += decay * np.sin(2 * np.pi * hz * partial * time) / partial**1.5
    return fade(sound * np.minimum(1, time / 0.04) ** 2, 0.02)


def _pad(hz: float, seconds: float, edge: float) -> np.ndarray:
    """A slow chord tone, two voices a little apart, that swells and goes."""
    time = _time(seconds)
    sound = np.zeros_like(time)
    for detune in (-0.3, 0.3):
        for partial in _partials(hz):
            sound += np.sin(2 * np.pi * (hz * partial + detune) * time) / partial**1.7
    swell = np.minimum(1, np.minimum(time, seconds - time) / edge)
    return sound * np.sin(np.pi / 2 * swell)


def _reed(hz: float, seconds: float) -> np.ndarray:
    """The voice of the melody: 150 ms until it is there, a slight vibrato, a slow end."""
    time = _time(seconds)
    bend = 0.0025 * np.minimum(1, time / 0.8) * np.sin(2 * np.pi * 4.6 * time)
    phase = 2 * np.pi * np.cumsum(hz * (1 + bend)) / RATE_HZ
    sound = sum(np.sin(partial * phase) / partial**1.5 for partial in _partials(hz))
    swell = np.minimum(1, time / 0.15) * np.clip((seconds - time) / (0.45 * seconds), 0, 1)
    return sound * np.sin(np.pi / 2 * swell) ** 2


def _hall(loop: np.ndarray) -> np.ndarray:
    """A hall, around the loop; nothing above the telephone band."""
    time = _time(1.8)
    noise = np.random.default_rng(12345).standard_normal(len(time))
    echo = noise * np.exp(-time * 3.5) * np.minimum(1, time / 0.02)
    response = np.zeros_like(loop)
    response[: len(echo)] = 0.4 * echo / np.sqrt(np.sum(echo**2))
    response[0] = 1
    spectrum = np.fft.rfft(loop) * np.fft.rfft(response)
    hz = np.fft.rfftfreq(len(loop), 1 / RATE_HZ)
    spectrum[(hz < 80) | (hz > 3_300)] = 0
    return np.fft.irfft(spectrum, len(loop))


FILES = {"moh/default.wav": hold_music, "beep-join.wav": joins, "beep-leave.wav": leaves}
