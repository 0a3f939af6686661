"""The last look at a rendered page: nothing in it may run foreign code or load from another host.

It sees the outcome, whatever the source: bibliography, front matter, prose, notebook cells or outputs.
"""

import re
from html.parser import HTMLParser

FORBIDDEN_TAGS = {"script", "iframe", "object", "embed", "base", "form", "link", "meta", "style", "animate", "set"}
# Elements of SVG whose href is shown, not followed.
SHOWING = {"image", "use", "feimage"}
# Browsers end these comments earlier than Python does, and read what follows as elements.
SHORT_COMMENT = re.compile(r"<!--(?:-?>|(?:(?!-->).)*?--!>)", re.DOTALL)
LOADING = {"src", "srcset", "poster", "data", "background"}
ADDRESSES = LOADING | {"href", "action", "formaction", "xlink:href"}


class _Guard(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN_TAGS:
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            # As browsers read it: without blanks and control characters, \\ for /.
            address = re.sub(r"[\x00-\x20\x7f-\xa0]", "", value or "").replace("\\", "/").lower()
            if name.startswith("on"):
                self.problems.append(f"event handler {name}")
            elif name in ADDRESSES and _runs(address):
                self.problems.append(f"address {address[:60]}")
            elif name == "style" and re.search(r"url\(|image-set\(|/", address):
                self.problems.append(f"style {address[:60]}")
            elif (name in LOADING or tag in SHOWING) and address.startswith(("http:", "https:", "//")):
                self.problems.append(f"<{tag}> loads {address[:60]}")


def _runs(address: str) -> bool:
    return address.startswith(("javascript:", "vbscript:", "data:text", "data:application", "data:image/svg"))


def page_problems(html: str) -> list[str]:
    """List what a page's content must not hold.

    >>> page_problems('<p><a href="JaVaScript:alert(1)">x</a><img src="https://example.org/x.png"></p>')
    ['address javascript:alert(1)', '<img> loads https://example.org/x.png']
    """
    guard = _Guard()
    guard.feed(html)
    guard.close()
    return guard.problems + [f"comment {found[0][:60]}" for found in SHORT_COMMENT.finditer(html)]
