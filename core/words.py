"""Amounts in Chinese capital numerals (大写金额), as vouchers, contracts and cheques want them."""

from decimal import Decimal

from core.decimals import round_half_up

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_TEN_THOUSAND = 10**4
_HUNDRED_MILLION = 10**8


def chinese_amount(amount: Decimal) -> str:
    """Write an amount in 元, 角 and 分, rounded half up to the cent: 6007.14 → 陆仟零柒元壹角肆分.

    整 follows when there is no 分; a zero 元 or 角 before a smaller part is written as 零; a negative amount begins with 负.
    """
    cents = int(round_half_up(abs(amount), 2).scaleb(2))
    yuan, cents = divmod(cents, 100)
    jiao, fen = divmod(cents, 10)
    words = ["负" if amount < 0 and (yuan or cents) else ""]
    if yuan or not cents:
        words.append(_whole(yuan) + "元")
    if jiao:
        words.append(("零" if yuan and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角")
    if fen:
        words.append(("零" if yuan and not jiao else "") + _DIGITS[fen] + "分")
    else:
        words.append("整")
    return "".join(words)


def _whole(number: int) -> str:
    """A whole number, its 亿 and 万 groups read from the left."""
    if number >= _HUNDRED_MILLION:
        return _joined(number, _HUNDRED_MILLION, "亿")
    if number >= _TEN_THOUSAND:
        return _joined(number, _TEN_THOUSAND, "万")
    return _group(number) or _DIGITS[0]


def _joined(number: int, unit: int, name: str) -> str:
    high, low = divmod(number, unit)
    if not low:
        return _whole(high) + name
    return _whole(high) + name + ("零" if low < unit // 10 else "") + _whole(low)


def _group(number: int) -> str:
    """At most four digits; zeros between digits are read once, trailing ones not at all."""
    words = ""
    pending_zero = False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit == 0:
            pending_zero = bool(words)
            continue
        words += ("零" if pending_zero else "") + _DIGITS[digit] + _PLACES[power]
        pending_zero = False
    return words
