"""How far what was heard is from the text: toneless pinyin syllables, or English words.

A recogniser writes 43, 四十三 or 43rd for the same sound. All its figures are spelled out,
in each way that they may be read, and the best reading counts.
"""

import re

import cn2an
from pypinyin import lazy_pinyin

import series

# Words that sound alike.
EN_ALIKE = {
    "to": "two", "too": "two", "for": "four", "fore": "four", "won": "one", "ate": "eight",
    "o": "oh", "ok": "okay", "their": "there", "weight": "wait", "i'd": "id", "dialled": "dialed", "4th": "fourth",
}  # fmt: skip

# What stands for one unit: all that may be heard for it.
Unit = frozenset[str]


def units(text: str, language: str) -> list[Unit]:
    """The units of a text of prompts.csv."""
    if language == "en":
        words = _words(re.sub(r"\d+", lambda m: f" {_en_digits(m[0])} ", text))
        # A recogniser writes 0 for oh.
        return [frozenset({word, "zero"} if word == "oh" else {word}) for word in words]
    characters = re.findall(r"[\u4e00-\u9fff]", text)
    syllables = lazy_pinyin("".join(characters))
    # A recogniser writes 1 and 2 for 幺 and 两, too.
    also = {"幺": {"yi", "yao"}, "两": {"er", "liang"}}
    return [frozenset({s} | also.get(c, set())) for c, s in zip(characters, syllables)]


def align(wanted: list[Unit], heard: str, language: str) -> tuple[int, ...]:
    """The edits of each unit, in the reading of `heard` that has about the fewest."""
    pieces = _pieces(heard, language)
    choice = [ways[0] for ways in pieces]
    best = _align(wanted, _spelled(choice, language))
    # One figure after the other gets its best reading; twice, since neighbours matter.
    for at, ways in [*enumerate(pieces)] * 2:
        for way in ways if len(ways) > 1 else ():
            tried = [*choice[:at], way, *choice[at + 1 :]]
            edits = _align(wanted, _spelled(tried, language))
            if sum(edits) < sum(best):
                choice, best = tried, edits
    return best


def _pieces(heard: str, language: str) -> list[list[str]]:
    """A text in pieces, each with the ways to spell out its figures."""
    heard = re.sub(r"(?<=\d),(?=\d{3}\b)", "", heard)
    spell = _zh_ways if language == "zh" else _en_ways
    pattern = r"\d+:\d\d|\d+(?:st|nd|rd|th)?|%"
    pieces = re.split(f"({pattern})", heard)
    return [spell(piece) if re.fullmatch(pattern, piece) else [piece] for piece in pieces]


def _spelled(pieces: list[str], language: str) -> list[str]:
    return _words(" ".join(pieces)) if language == "en" else _syllables("".join(pieces))


def _syllables(text: str) -> list[str]:
    return lazy_pinyin("".join(re.findall(r"[\u4e00-\u9fff]", text)))


def _words(text: str) -> list[str]:
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text.lower().replace("\u2019", "'"))
    return [EN_ALIKE.get(word, word) for word in re.findall(r"[a-z']+", text)]


def _zh_ways(figure: str) -> list[str]:
    if figure == "%":
        return ["百分之"]
    if ":" in figure:
        hour, minute = figure.split(":")
        return [f"{series.zh_count(int(hour))}点" + (f"{series.zh_minute(int(minute))}" if int(minute) else "")]
    figure = re.sub(r"\D", "", figure)
    spelled = series.zh_digits(figure)
    if len(figure) == 1 or len(figure) > 12:
        return [spelled]
    whole = cn2an.an2cn(str(int(figure)))
    ways = [spelled, whole]
    if 10 <= int(figure) < 20:
        ways.append(f"一{whole.removeprefix('一')}")
        ways.append(whole.removeprefix("一"))
    return ways if len(figure) > 2 or figure[0] == "0" else ways[1:] + ways[:1]


def _en_ways(figure: str) -> list[str]:
    if figure == "%":
        return ["percent"]
    if ":" in figure:
        hour, minute = map(int, figure.split(":"))
        return [f"{series.en_number(hour % 25)} {series.en_minute(minute % 60) if minute else ''}"]
    if not figure.isdigit():
        number = int(figure[:-2])
        return [series.en_ordinal(number)] if 0 < number < 100 else [_en_digits(figure[:-2])]
    ways = [_en_whole(int(figure)), _en_digits(figure)]
    if len(figure) == 4:
        ways.append(f"{series.en_number(int(figure[:2]))} {series.en_number(int(figure[2:]))}")
    return ways


def _en_digits(figure: str) -> str:
    return " ".join(series.EN_SMALL[int(digit)] for digit in figure)


def _en_whole(n: int) -> str:
    for unit, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= unit:
            rest = f" {_en_whole(n % unit)}" if n % unit else ""
            return f"{_en_whole(n // unit)} {name}{rest}"
    return series.en_number(n)


def _align(wanted: list[Unit], heard: list[str]) -> tuple[int, ...]:
    """Edit distance, traced back; what was heard too much belongs to the unit before it."""
    rows = [list(range(len(heard) + 1))]
    for i, unit in enumerate(wanted, 1):
        row = [i]
        for j, other in enumerate(heard, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (other not in unit)))
        rows.append(row)
    edits = [0] * max(1, len(wanted))
    i, j = len(wanted), len(heard)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (heard[j - 1] not in wanted[i - 1]):
            edits[i - 1] += heard[j - 1] not in wanted[i - 1]
            i, j = i - 1, j - 1
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            edits[i - 1] += 1
            i -= 1
        else:
            edits[max(0, i - 1)] += 1
            j -= 1
    return tuple(edits)
