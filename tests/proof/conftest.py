"""The helpers of the proofs assert too: their failures show both sides."""

import pytest

pytest.register_assert_rewrite("tests.proof.promises", "tests.proof.crowd", "tests.proof.walk")
