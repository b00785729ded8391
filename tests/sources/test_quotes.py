"""What the quotes of a file ask for is seen wherever the file is cut into blocks."""

import io
from unittest.mock import patch

import pytest

from opex.sources import quotes
from opex.sources.quotes import Quotes


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize(
    ("text", "by_spaces", "doubtful"),
    [
        ('id,title\n1,"a"\n2,"b, c"\n', False, False),
        ('id,title\n1,"said ""so"""\n2,""\n', True, False),
        ('id,title\n1, "a"\n', True, True),
        ('id,title\n1,"a" \n', True, True),
        ('id,title\n1,"a"b\n', False, True),
        ('id,title\n1,"a""b\n', False, False),
        ("id,title\n1,a\n", False, False),
        ("", False, False),
    ],
)
def test_spaces_and_doubtful_quotes(text: str, block: int, by_spaces: bool, doubtful: bool) -> None:
    with patch.object(quotes, "SMALL", block):
        assert Quotes.of(io.BytesIO(text.encode()), ",") == Quotes(by_spaces=by_spaces, doubtful=doubtful)
