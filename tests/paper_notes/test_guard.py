"""The last look at a page: what runs foreign code or loads from elsewhere is found, whatever it came from."""

import pytest

from paper_notes.guard import page_problems


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=x>",
        '<p onclick="x()">',
        '<a href="javascript:alert(1)">',
        '<a href=" java\nscript:alert(1)">',
        '<a href="&#106;avascript:alert(1)">',
        '<a href="data:text/html,x">',
        '<iframe src="/x"></iframe>',
        '<img src="https://example.org/x.png">',
        '<img src="//example.org/x.png">',
        '<img srcset="https://example.org/x.png 2x">',
        "<style>@import url(x)</style>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<!-- a --!><img src=x onerror=alert(1)> -->",
        '<svg><a><animate attributeName="href" values="javascript:alert(1)"/></a></svg>',
        '<a href="\x01javascript:alert(1)">x</a>',
        '<p style="background:url(https://example.org/x.png)">x</p>',
        '<svg><image href="https://example.org/x.png"/></svg>',
        '<svg><use href="https://example.org/x.svg#a"/></svg>',
        r'<img src="\\\\example.org/x.png">',
    ],
)
def test_hostile_html_is_found(html):
    assert page_problems(html)


def test_ordinary_html_passes():
    assert (
        page_problems(
            '<p><a href="https://example.org">x</a><img src="../a.svg" alt="x"><code>&lt;script></code></p>'
        )
        == []
    )
