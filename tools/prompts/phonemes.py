"""From text to the phonemes the voice model was trained on."""

import re
import subprocess

import jieba
from misaki.zh import ZHG2P
from pypinyin import load_phrases_dict

# Words that the dictionaries split or read wrongly in our prompts.
ZH_READINGS = {
    "重听": "chóng tīng",
    "对不起": "duì bu qǐ",
    "井号键": "jǐng hào jiàn",
    "星号键": "xīng hào jiàn",
    "幺幺零": "yāo yāo líng",
    "下一位": "xià yí wèi",
    "来电者": "lái diàn zhě",
    "一位": "yí wèi",
    "一百": "yì bǎi",
    "一千": "yì qiān",
    "一万": "yí wàn",
    "一亿": "yí yì",
}

# Where 一 keeps its tone although the rule would change it: a name, not a count.
ZH_KEPT_TONES = {
    "一月": ("i↗ɥe↘", "i→ɥe↘"),
    "十一点": ("ʂɨ↗i↘tjɛ↓n", "ʂɨ↗i→tjɛ↓n"),
}

# espeak-ng's American phonemes in the notation of the model; others are alike.
EN_PHONEMES = {
    "eɪ": "A", "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "oʊ": "O", "əʊ": "O",
    "dʒ": "ʤ", "tʃ": "ʧ", "r": "ɹ", "ɡ": "ɡ", "g": "ɡ", "ɾ": "T",
    "ɐ": "ə", "ɚ": "əɹ", "ɜː": "ɜɹ", "əl": "ᵊl", "n̩": "ᵊn",
    "iː": "i", "uː": "u", "ɑː": "ɑ", "ɔː": "ɔ",
    "ɔːɹ": "ɔɹ", "oːɹ": "ɔɹ", "ɑːɹ": "ɑɹ", "aɪə": "Iə", "aɪɚ": "Iəɹ",
}  # fmt: skip

STRESS = "ˈˌ"

_mandarin = None


def mandarin(text: str) -> str:
    """Phonemes of a Mandarin sentence, tones as arrows."""
    global _mandarin
    if _mandarin is None:
        jieba.setLogLevel("ERROR")
        for word, pinyin in ZH_READINGS.items():
            jieba.add_word(word, freq=1_000_000)
            load_phrases_dict({word: [[syllable] for syllable in pinyin.split()]})
        _mandarin = ZHG2P()
    phonemes = _mandarin(text)[0]
    for word, (wrong, right) in ZH_KEPT_TONES.items():
        if word in text:
            phonemes = phonemes.replace(wrong, right)
    return phonemes


def english(text: str) -> str:
    """Phonemes of an English sentence; espeak-ng drops punctuation, so clause by clause."""
    text = re.sub(r"\b([ap])\.m\.?", lambda m: f"{m[1].upper()} M", text)
    clauses = re.findall(r"([^,.;:!?]+)([,.;:!?]*)", text)
    phonemes = " ".join(_english_clause(clause) + mark for clause, mark in clauses if clause.strip())
    # espeak-ng takes the A of a.m. for the article.
    return phonemes.replace("ə ˈɛm", "ˈA ˈɛm") if "A M" in text else phonemes


def _english_clause(text: str) -> str:
    command = ["espeak-ng", "-q", "--ipa", "--sep=_", "-v", "en-us", text.strip()]
    ipa = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    words = ipa.split()
    if not words:
        raise ValueError(f"espeak-ng says nothing for {text!r}")
    return " ".join("".join(map(_english_phoneme, word.split("_"))) for word in words)


def _english_phoneme(phoneme: str) -> str:
    bare = phoneme.lstrip(STRESS)
    stress = phoneme[: len(phoneme) - len(bare)]
    return stress + EN_PHONEMES.get(bare, bare)


PHONEMES = {"zh": mandarin, "en": english}
