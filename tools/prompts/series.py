"""The wording of everything that is counted: numbers, dates, times, places in the queue.

A number is recorded as a whole phrase where the set stays small: pasted syllables sound
chopped, Mandarin changes 二 to 两 before a measure word, English `minute` to `minutes`.
Larger numbers, dates and times are joined by the engine from these pieces.
"""

ZH_DIGITS = "零一二三四五六七八九"
EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
EN_MONTHS = (
    "January February March April May June July August September October November December"
).split()
ZH_WEEKDAYS = "一二三四五六日"
EN_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
EN_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth",
    "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip

NUMBER_MAX = 100
AHEAD_MAX = 30
WAIT_MAX = 30
DAYS_MAX = 31
YEARS = range(2000, 2051)


def zh_number(n: int) -> str:
    """0–100 as it is read alone: 十二, 二十, 一百."""
    if n == 100:
        return "一百"
    tens, ones = divmod(n, 10)
    if tens == 0:
        return ZH_DIGITS[ones]
    return ("" if tens == 1 else ZH_DIGITS[tens]) + "十" + (ZH_DIGITS[ones] if ones else "")


def zh_count(n: int) -> str:
    """As `zh_number`, before a measure word: two is 两, but 十二 and 二十二 stay."""
    return "两" if n == 2 else zh_number(n)


def zh_digits(digits: str) -> str:
    """Digit by digit, as a year is read."""
    return "".join(ZH_DIGITS[int(digit)] for digit in digits)


def zh_hour(hour: int) -> str:
    """An hour with its part of the day: 下午两点."""
    if hour == 0:
        part = "午夜"
    elif hour < 6:
        part = "凌晨"
    elif hour < 12:
        part = "上午"
    elif hour == 12:
        part = "中午"
    else:
        part = "下午" if hour < 18 else "晚上"
    return f"{part}{zh_count(hour if hour <= 12 else hour - 12)}点"


def zh_minute(minute: int) -> str:
    """1–59 behind an hour: 零五分."""
    return ("零" if minute < 10 else "") + zh_number(minute) + "分"


def zh_year(year: int) -> str:
    """Digit by digit, but 两千年: three 零 in a row are not counted by an ear."""
    return "两千年" if year == 2000 else f"{zh_digits(str(year))}年"


def en_number(n: int) -> str:
    """0–100 in words, with a hyphen inside 21–99."""
    if n == 100:
        return "one hundred"
    if n < 20:
        return EN_SMALL[n]
    tens, ones = divmod(n, 10)
    return EN_TENS[tens - 2] + (f"-{EN_SMALL[ones]}" if ones else "")


def en_ordinal(n: int) -> str:
    """1–99: first, twelfth, twentieth, twenty-first."""
    head, hyphen, last = en_number(n).rpartition("-")
    if last in EN_IRREGULAR:
        last = EN_IRREGULAR[last]
    else:
        last = (last[:-1] + "ie" if last.endswith("y") else last) + "th"
    return head + hyphen + last


def en_year(year: int) -> str:
    """2000–2099: two thousand nine, twenty twenty-six."""
    if year < 2010:
        return "two thousand" + (f" {EN_SMALL[year % 10]}" if year % 10 else "")
    return f"twenty {en_number(year % 100)}"


def en_hour(hour: int) -> str:
    """A full hour."""
    if hour in (0, 12):
        return "noon" if hour else "midnight"
    return f"{EN_SMALL[hour % 12]} {'a.m.' if hour < 12 else 'p.m.'}"


def en_minute(minute: int) -> str:
    """1–59 behind an hour: oh five."""
    return ("oh " if minute < 10 else "") + en_number(minute)


def en_many(n: int, noun: str) -> str:
    """With the plural that belongs to it."""
    return f"{en_number(n)} {noun}{'' if n == 1 else 's'}"


def en_ahead(n: int) -> str:
    """How many callers wait in front of the listener. Not `callers`: it sounds like `colors`."""
    return f"There {'is one person' if n == 1 else f'are {en_number(n)} people'} ahead of you."


def agent(number: str) -> tuple[str, str]:
    """Who answers, as one sentence, in both languages; 1 is 幺 as in all numbers of this kind."""
    zh = zh_digits(number).replace("一", "幺")
    en = " ".join(EN_SMALL[int(digit)] for digit in number)
    return f"座席工号{zh}，为您服务。", f"Agent number {en}, at your service."


def _say():
    """(id, zh, en) of the pieces that the engine joins; an empty text: not in this language."""
    for n in range(10):
        yield f"digit/{n}", ZH_DIGITS[n], EN_SMALL[n]
    yield "digit/1-yao", "幺", ""
    yield "digit/0-oh", "", "oh"
    for n in range(NUMBER_MAX + 1):
        yield f"num/{n}", zh_number(n), en_number(n)
    yield "count/2", "两", ""
    for n in range(1, 10):
        yield f"hundred/{n}", f"{zh_count(n)}百", f"{EN_SMALL[n]} hundred"
    for n in range(1, 10):
        yield f"thousand/{n}", f"{zh_count(n)}千", f"{EN_SMALL[n]} thousand"
    for id, unit in (("wan", "万"), ("yi", "亿")):
        for n in range(1, 10):
            yield f"{id}/{n}", f"{zh_count(n)}{unit}", ""
        yield f"unit/{id}", unit, ""
    for unit in ("and", "thousand", "million", "billion"):
        yield f"unit/{unit}", "", unit
    for n in range(1, 10):
        yield f"ling/{n}", f"零{ZH_DIGITS[n]}", ""
    for n in range(10, 20):
        yield f"teen/{n}", f"一{zh_number(n)}", ""
    for n in range(1, DAYS_MAX + 1):
        yield f"ordinal/{n}", f"第{zh_number(n)}", en_ordinal(n)
    for year in YEARS:
        yield f"year/{year}", zh_year(year), en_year(year)
    yield "unit/year", "年", ""
    for n, month in enumerate(EN_MONTHS, 1):
        yield f"month/{n}", f"{zh_number(n)}月", month
    for n in range(1, DAYS_MAX + 1):
        yield f"day/{n}", f"{zh_number(n)}号", ""
    for n, (zh, en) in enumerate(zip(ZH_WEEKDAYS, EN_WEEKDAYS), 1):
        yield f"weekday/{n}", f"星期{zh}", en
    for hour in range(24):
        yield f"hour/{hour}", zh_hour(hour), en_hour(hour)
    for minute in range(1, 60):
        yield f"minute/{minute}", zh_minute(minute), en_minute(minute)
    for hour in range(1, 13):
        yield f"clock/{hour}", "", EN_SMALL[hour]
    yield "half/am", "", "a.m."
    yield "half/pm", "", "p.m."
    for id, measure, most in (("minutes", "分钟", 59), ("hours", "小时", 23), ("days", "天", DAYS_MAX)):
        for n in range(1, most + 1):
            yield f"{id}/{n}", f"{zh_count(n)}{measure}", en_many(n, id.removesuffix("s"))


def _queue():
    """Whole sentences about the place in the queue and the wait."""
    for n in range(1, AHEAD_MAX + 1):
        yield f"ahead/{n}", f"前面还有{zh_count(n)}位来电者在等候。", en_ahead(n)
    for n in range(1, WAIT_MAX + 1):
        en = f"The estimated wait is about {en_many(n, 'minute')}."
        yield f"wait/{n}", f"预计等候时间约{zh_count(n)}分钟。", en
    most = f"超过{zh_number(WAIT_MAX)}分钟", f"more than {en_number(WAIT_MAX)} minutes"
    yield "wait/less", "预计等候时间不到一分钟。", "The estimated wait is less than one minute."
    yield "wait/more", f"预计等候时间{most[0]}。", f"The estimated wait is {most[1]}."


def rows():
    """(id, zh, en, used) of every counted prompt."""
    yield from ((*row, "say") for row in _say())
    yield from ((*row, "say") for row in _queue())


def owns(id: str) -> bool:
    """Is this id one that `rows` makes? Hand-written ids have no slash, but for music."""
    return "/" in id and not id.startswith("moh/")
