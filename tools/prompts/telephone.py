"""Telephone audio: band, level, A-law, WAV."""

import struct
import wave
from pathlib import Path

import numpy as np

RATE_HZ = 8_000
PEAK_DBFS = -3.0
PEAK_MIN_DBFS = -3.99
RMS_DBFS = -16.0
RMS_MAX_DBFS = -13.1
LIFT_DB = 1.5
# RMS of the first and of the last 20 ms: louder, and a part of the sound is missing.
EDGE_MAX_DBFS = -21.5
HIGH_PASS_HZ = 80.0
LOW_PASS_HZ = 3_400.0
ALAW_TAG = 6

# A second form, for wideband telephones: 16-bit PCM.
WIDE_RATE_HZ = 16_000
WIDE_LOW_PASS_HZ = 7_000.0


def db(ratio: float) -> float:
    """Amplitude ratio to decibels; silence is −120."""
    return 20 * np.log10(max(ratio, 1e-6))


def from_db(decibels: float) -> float:
    """Decibels to amplitude ratio."""
    return 10 ** (decibels / 20)


def finish(spoken: np.ndarray, rate_hz: int) -> np.ndarray:
    """Trimmed speech as it goes into a file at `RATE_HZ`."""
    return fade(level(band(spoken, rate_hz)), 0.01)


def finish_wide(spoken: np.ndarray, rate_hz: int) -> np.ndarray:
    """The same at `WIDE_RATE_HZ`."""
    wide = band(spoken, rate_hz, WIDE_RATE_HZ, WIDE_LOW_PASS_HZ)
    return fade(level(wide, WIDE_RATE_HZ), 0.01, WIDE_RATE_HZ)


def is_cut(samples: np.ndarray) -> bool:
    """Does speech at `RATE_HZ` begin or end inside a sound?"""
    ends = samples[: RATE_HZ // 50], samples[-(RATE_HZ // 50) :]
    if max(np.abs(ends[0][:40]).max(), np.abs(ends[1][-40:]).max()) > 0.05:
        return True
    return any(np.mean(end**2) > from_db(EDGE_MAX_DBFS) ** 2 for end in ends)


def band(samples: np.ndarray, rate_hz: int, to_hz: int = RATE_HZ, low_pass_hz: float = LOW_PASS_HZ) -> np.ndarray:
    """To another rate, without what a telephone does not carry; no phase shift.

    Below 80 Hz it falls like a fourth-order Butterworth filter, above the low pass like half
    a cosine over 500 Hz.
    """
    pad = rate_hz // 10
    whole = rate_hz // np.gcd(rate_hz, to_hz)
    padded = np.pad(samples.astype(np.float64), pad)
    padded = np.pad(padded, (0, -len(padded) % (2 * whole)))
    spectrum = np.fft.rfft(padded)
    hz = np.fft.rfftfreq(len(padded), 1 / rate_hz)
    with np.errstate(divide="ignore"):
        high_pass = 1 / np.sqrt(1 + (HIGH_PASS_HZ / hz) ** 8)
    roll_off = np.clip((hz - low_pass_hz) / 500, 0, 1)
    spectrum *= high_pass * (1 + np.cos(np.pi * roll_off)) / 2
    count = len(padded) * to_hz // rate_hz
    filtered = np.fft.irfft(spectrum[: count // 2 + 1], count) * (to_hz / rate_hz)
    begin = pad * to_hz // rate_hz
    return filtered[begin : begin + len(samples) * to_hz // rate_hz]


def speech_rms(samples: np.ndarray, rate_hz: int = RATE_HZ) -> float:
    """RMS over the 20 ms frames within 30 dB of the loudest one: pauses do not count."""
    width = rate_hz // 50
    count = max(1, len(samples) // width)
    frames = np.resize(samples, (count, width))
    power = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() / 1000])))


def level(samples: np.ndarray, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Speech to `RMS_DBFS`, its peak between `PEAK_MIN_DBFS` and `PEAK_DBFS`.

    A lively sound is limited. An even one, such as the syllable 一, may be a little louder so
    that its peak gets there; when that is not enough, its phases are turned, which nobody
    hears, and its swell made stronger.
    """
    limited = _to_rms(samples, rate_hz)
    if (lift := _lift(limited)) <= from_db(LIFT_DB):
        return limited * max(1.0, lift)
    ways = ((samples * sway, turn, bend) for sway in _sways(samples, rate_hz) for bend in BENDS for turn in TURNS)
    turned = (_turn(swayed, rate_hz, turn, bend) for swayed, turn, bend in ways)
    limited = _to_rms(max(turned, key=lambda sound: _crest(sound, rate_hz)), rate_hz)
    if (lift := _lift(limited)) <= _room(limited, rate_hz):
        return limited * max(1.0, lift)
    raise TooEven(f"too even a sound: its peak stays {db(lift / _room(limited, rate_hz)):.1f} dB too low")


class TooEven(ValueError):
    """Its peak cannot be reached without being too loud."""


# Ways to turn the phases: all by one angle, and by one that grows with the square of the frequency.
TURNS = np.linspace(0, np.pi, 9)[:-1]
BENDS = np.linspace(-2.5, 2.5, 11)


def _to_rms(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    ceiling = from_db(PEAK_DBFS)
    gain = ceiling / np.abs(samples).max()
    for _ in range(60):
        gain *= from_db(RMS_DBFS) / speech_rms(limit(samples * gain, ceiling, rate_hz), rate_hz)
    return limit(samples * gain, ceiling, rate_hz)


def _lift(samples: np.ndarray) -> float:
    """What its peak lacks."""
    return from_db(PEAK_MIN_DBFS) / np.abs(samples).max()


def _room(samples: np.ndarray, rate_hz: int) -> float:
    """How much louder it may be."""
    return from_db(RMS_MAX_DBFS) / speech_rms(samples, rate_hz)


def _crest(samples: np.ndarray, rate_hz: int) -> float:
    return np.abs(samples).max() / speech_rms(samples, rate_hz)


def _sways(samples: np.ndarray, rate_hz: int):
    """A stronger swell: its own envelope once more, or a fall of 4 dB from beginning to end."""
    window = np.hanning(rate_hz // 25)
    loud = np.sqrt(np.convolve(samples**2, window / window.sum(), mode="same"))
    envelope = np.maximum(loud / loud.max(), 1e-3)
    fall = from_db(-4 * np.arange(len(samples)) / len(samples))
    yield from (np.ones(len(samples)), fall, envelope**0.5, fall * envelope**0.5, envelope, fall * envelope)


def _turn(samples: np.ndarray, rate_hz: int, turn: float, bend: float) -> np.ndarray:
    pad = rate_hz // 10
    spectrum = np.fft.rfft(np.pad(samples, pad + len(samples) % 2))
    count = 2 * (len(spectrum) - 1)
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    spectrum[1:-1] *= np.exp(1j * (turn + bend * np.pi * np.minimum(hz / 500, 8)[1:-1] ** 2 / 8))
    return np.fft.irfft(spectrum, count)[pad : pad + len(samples)]


def limit(samples: np.ndarray, ceiling: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Look-ahead limiter, 5 ms each way: no sample beyond the ceiling, no hard edge."""
    reach = rate_hz // 200
    wanted = np.minimum(1, ceiling / np.maximum(np.abs(samples), 1e-9))
    width = 2 * reach + 1
    padded = np.pad(wanted, 2 * reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, width).min(axis=1)
    window = np.hanning(width + 2)[1:-1]
    return samples * np.convolve(lowest, window / window.sum(), mode="valid")


def fade(samples: np.ndarray, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Raised-cosine edges, against clicks."""
    count = min(int(seconds * rate_hz), len(samples) // 2)
    edge = (1 - np.cos(np.pi * np.arange(count) / count)) / 2
    faded = samples.copy()
    faded[:count] *= edge
    faded[-count:] *= edge[::-1]
    return faded


def alaw_encode(samples: np.ndarray) -> bytes:
    """Samples in [−1, 1) to ITU-T G.711 A-law, even bits inverted."""
    value = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int64) >> 3
    magnitude = np.where(value < 0, -value - 1, value)
    sign = np.where(value < 0, 0x00, 0x80)
    # Segment 0 and 1 share a step; each further one doubles it.
    segment = np.clip(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int64) - 4, 0, 7)
    mantissa = (magnitude >> np.maximum(segment, 1)) & 0x0F
    return ((sign | segment << 4 | mantissa) ^ 0x55).astype(np.uint8).tobytes()


def alaw_decode(data: bytes) -> np.ndarray:
    """G.711 A-law to samples in [−1, 1]."""
    code = np.frombuffer(data, np.uint8).astype(np.int64) ^ 0x55
    segment = (code >> 4) & 7
    step = (code & 0x0F) * 2 + 1
    magnitude = np.where(segment == 0, step, (step + 32) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude) / 4096


def as_written(samples: np.ndarray) -> np.ndarray:
    """With the noise of A-law: what `read_wav` gives back."""
    return alaw_decode(alaw_encode(samples))


def write_wav(path: Path, samples: np.ndarray) -> None:
    """A mono A-law WAV with the `fact` chunk that a compressed format needs."""
    data = alaw_encode(samples)
    header = struct.pack("<HHIIHHH", ALAW_TAG, 1, RATE_HZ, RATE_HZ, 1, 8, 0)
    chunks = _chunk(b"fmt ", header) + _chunk(b"fact", struct.pack("<I", len(data)))
    body = b"WAVE" + chunks + _chunk(b"data", data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def write_wide_wav(path: Path, samples: np.ndarray) -> None:
    """A mono 16-bit PCM WAV at `WIDE_RATE_HZ`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(WIDE_RATE_HZ)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_wav(path: Path) -> np.ndarray:
    """The samples of a file as `write_wav` makes it; anything else is an error."""
    file = path.read_bytes()
    if file[:4] != b"RIFF" or file[8:12] != b"WAVE" or len(file) != 8 + _u32(file, 4):
        raise ValueError("not a whole RIFF WAVE file")
    chunks, at = {}, 12
    while at < len(file):
        size = _u32(file, at + 4)
        chunks[file[at : at + 4]] = file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if set(chunks) != {b"fmt ", b"fact", b"data"} or at != len(file):
        raise ValueError(f"chunks {sorted(chunks)}")
    form = struct.unpack("<HHIIHHH", chunks[b"fmt "])
    if form != (ALAW_TAG, 1, RATE_HZ, RATE_HZ, 1, 8, 0):
        raise ValueError(f"format {form}, not A-law mono at 8 kHz")
    if _u32(chunks[b"fact"], 0) != len(chunks[b"data"]):
        raise ValueError("fact and data disagree on the number of samples")
    return alaw_decode(chunks[b"data"])


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _u32(data: bytes, at: int) -> int:
    return struct.unpack_from("<I", data, at)[0]
