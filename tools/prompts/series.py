"""The wording of numbered prompts: digits, whole numbers, callers ahead.

A number is recorded as a whole phrase: pasted syllables sound chopped, and
Mandarin changes 二 to 两 before a measure word, English `is` to `are`.
"""

ZH_DIGITS = "零一二三四五六七八九"
EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

NUMBER_MAX = 100
AHEAD_MAX = 30


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


def en_number(n: int) -> str:
    """0–100 in words, with a hyphen inside 21–99."""
    if n == 100:
        return "one hundred"
    if n < 20:
        return EN_SMALL[n]
    tens, ones = divmod(n, 10)
    return EN_TENS[tens - 2] + (f"-{EN_SMALL[ones]}" if ones else "")


def en_ahead(n: int) -> str:
    """How many callers wait in front of the listener."""
    if n == 1:
        return "There is one caller ahead of you."
    return f"There are {en_number(n)} callers ahead of you."


def owns(id: str) -> bool:
    """Is this id one that `rows` makes?"""
    return id.split("/")[0] in ("digit", "num", "ahead")


def rows():
    """(id, zh, en) of every numbered prompt."""
    for n in range(10):
        yield f"digit/{n}", zh_number(n), en_number(n)
        if n == 1:
            yield "digit/1-yao", "幺", "one"
    for n in range(NUMBER_MAX + 1):
        yield f"num/{n}", zh_number(n), en_number(n)
    for n in range(1, AHEAD_MAX + 1):
        yield f"ahead/{n}", f"前面还有{zh_count(n)}位来电者在等候。", en_ahead(n)
