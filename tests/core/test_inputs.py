"""Texts and codes: what nobody sees is refused, what somebody has typed is kept."""

import pytest
from rest_framework.serializers import ValidationError

from core.inputs import clean_code, clean_text

INVISIBLE = [
    "\u00ad",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u2069",
    "\u3164",
    "\ufeff",
    "\U000e0041",
    "\x00",
    "\x1b",
]


@pytest.mark.parametrize("char", INVISIBLE, ids=[f"U+{ord(char):04X}" for char in INVISIBLE])
def test_c51_an_invisible_character_is_refused(char: str) -> None:
    for clean in (clean_text, clean_code):
        with pytest.raises(ValidationError):
            clean(f"AB{char}C")


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "ok ❤️", "🧑🏽‍🔧 repaired", "👩‍❤️‍👩", "轴承 6204"])
def test_c61_an_emoji_made_of_several_is_text_like_any_other(text: str) -> None:
    assert clean_text(f" {text} ") == text


@pytest.mark.parametrize("code", ["A\ufe0f1", "👨‍👩‍👧", "葛\U000e0100"])
def test_a_code_holds_nothing_that_is_only_seen_in_pairs(code: str) -> None:
    with pytest.raises(ValidationError):
        clean_code(code)
