"""Telephone audio: band, level, A-law, WAV."""

import struct
from pathlib import Path

import numpy as np

RATE_HZ = 8_000
PEAK_DBFS = -3.0
PEAK_MIN_DBFS = -3.8
RMS_DBFS = -16.0
RMS_MAX_DBFS = -14.2
HIGH_PASS_HZ = 80.0
LOW_PASS_HZ = 3_400.0
ALAW_TAG = 6


def db(ratio: float) -> float:
    """Amplitude ratio to decibels; silence is −120."""
    return 20 * np.log10(max(ratio, 1e-6))


def from_db(decibels: float) -> float:
    """Decibels to amplitude ratio."""
    return 10 ** (decibels / 20)


def band(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """To 8 kHz, without what a telephone does not carry; no phase shift.

    Below 80 Hz it falls like a fourth-order Butterworth filter, from 3.4 to
    3.9 kHz like half a cosine.
    """
    step = rate_hz // RATE_HZ
    pad = rate_hz // 10
    padded = np.pad(samples.astype(np.float64), pad)
    padded = np.pad(padded, (0, -len(padded) % step))
    spectrum = np.fft.rfft(padded)
    hz = np.fft.rfftfreq(len(padded), 1 / rate_hz)
    with np.errstate(divide="ignore"):
        high_pass = 1 / np.sqrt(1 + (HIGH_PASS_HZ / hz) ** 8)
    roll_off = np.clip((hz - LOW_PASS_HZ) / 500, 0, 1)
    filtered = np.fft.irfft(spectrum * high_pass * (1 + np.cos(np.pi * roll_off)) / 2, len(padded))
    return filtered[pad : pad + len(samples)][::step]


def speech_rms(samples: np.ndarray) -> float:
    """RMS over the 20 ms frames within 30 dB of the loudest one: pauses do not count."""
    frames = np.resize(samples, (max(1, len(samples) // 160), 160))
    power = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() / 1000])))


def level(samples: np.ndarray) -> np.ndarray:
    """Speech to `RMS_DBFS`, its peak between `PEAK_MIN_DBFS` and `PEAK_DBFS`.

    An even sound, such as the syllable 一, would stand out with its peak up
    there: it stays at `RMS_MAX_DBFS`, and its peak is lower.
    """
    ceiling = from_db(PEAK_DBFS)
    gain = ceiling / np.abs(samples).max()
    for _ in range(10):
        gain *= from_db(RMS_DBFS) / speech_rms(limit(samples * gain, ceiling))
    limited = limit(samples * gain, ceiling)
    lift = from_db(PEAK_MIN_DBFS) / np.abs(limited).max()
    return limited * np.clip(lift, 1.0, from_db(RMS_MAX_DBFS) / speech_rms(limited))


def limit(samples: np.ndarray, ceiling: float) -> np.ndarray:
    """Look-ahead limiter, 5 ms each way: no sample beyond the ceiling, no hard edge."""
    reach = RATE_HZ // 200
    wanted = np.minimum(1, ceiling / np.maximum(np.abs(samples), 1e-9))
    width = 2 * reach + 1
    padded = np.pad(wanted, 2 * reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, width).min(axis=1)
    window = np.hanning(width + 2)[1:-1]
    return samples * np.convolve(lowest, window / window.sum(), mode="valid")


def fade(samples: np.ndarray, seconds: float) -> np.ndarray:
    """Raised-cosine edges, against clicks."""
    count = min(int(seconds * RATE_HZ), len(samples) // 2)
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


def write_wav(path: Path, samples: np.ndarray) -> None:
    """A mono A-law WAV with the `fact` chunk that a compressed format needs."""
    data = alaw_encode(samples)
    header = struct.pack("<HHIIHHH", ALAW_TAG, 1, RATE_HZ, RATE_HZ, 1, 8, 0)
    chunks = _chunk(b"fmt ", header) + _chunk(b"fact", struct.pack("<I", len(data)))
    body = b"WAVE" + chunks + _chunk(b"data", data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


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
