"""Takes the text that a reader can search for out of a built page: its title, headings and the blocks under each.

A block is a paragraph, an item, a row of a table or a line of code. Left out are drawings, controls, and what is
marked data-search-exclude. An inline formula counts as its letters; of a displayed one only its names and Greek
letters count, since the rest is noise.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
DRAWING = re.compile(r"<(svg|script|style)\b.*?</\1>", re.DOTALL)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
# Highlighted code is mostly these: without them parsing is five times as fast.
SPAN = re.compile(r"</?span\b[^>]*>")
LEFT_OUT = {"button", "form", "fieldset", "nav", "select", "template", "textarea"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
BLOCKS = {"article", "blockquote", "br", "dd", "details", "div", "dl", "figcaption", "figure", "hr", "li", "ol", "p"}
BLOCKS |= {"pre", "section", "summary", "table", "tr", "ul"}
CELLS = {"td", "th"}
HEADINGS = {"h2", "h3", "h4", "h5", "h6", "dt"}
NAME = re.compile(r"[^\W\d_]{3,}|[\u0370-\u03ff]")


@dataclass
class Section:
    """What stands between two headings; the first one of a page has neither heading nor address."""

    anchor: str = ""
    heading: str = ""
    blocks: list[str] = field(default_factory=list)


@dataclass
class PageText:
    """The text of one page. A paper's has its full title, and its authors and keywords in `about`."""

    title: str = ""
    full_title: str = ""
    about: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=lambda: [Section()])


def page_text(html: str) -> PageText:
    """Give the text of a built page.

    >>> page = page_text('<article><h1>A</h1><p>b <b>c</b></p><h2 id="d">D<a class="headerlink">#</a></h2></article>')
    >>> page.title, [(part.anchor, part.heading, part.blocks) for part in page.sections]
    ('A', [('', '', ['b c']), ('d', 'D', [])])
    """
    article = ARTICLE.search(html)
    text = DRAWING.sub("", article[0] if article else "")
    reader = _Reader()
    reader.feed(CODE.sub(lambda code: SPAN.sub("", code[0]), text))
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    """Collects text; one flag each for what changes the meaning of the text inside an element."""

    def __init__(self) -> None:
        super().__init__()
        self.page = PageText()
        self.text: list[str] = []
        self.skipped: list[str] = []  # the open elements from one that is left out inwards
        self.names: list[str] | None = None  # those of the displayed formula that is open
        self.about: str | None = None  # the list of authors or keywords that is open
        self.full_title = False
        self.code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self._separate(tag)
            return
        values = dict(attrs)
        classes = (values.get("class") or "").split()
        left_out = tag in LEFT_OUT or "data-search-exclude" in values or "headerlink" in classes
        if self.skipped or left_out:
            self.skipped.append(tag)
            return
        self._separate(tag)
        if tag == "math" and values.get("display") == "block":
            self.names = []
        elif tag == "pre":
            self.code = True
        elif tag == "h1" or (tag in HEADINGS and values.get("id")):
            self._end_block()
            if tag != "h1":
                self.page.sections.append(Section(values["id"] or ""))
        elif "paper-title" in classes and not self.page.full_title:
            self._end_block()
            self.full_title = True
        elif self.about is None and {"authors", "keywords"}.intersection(classes):
            self._end_block()
            self.about = tag

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in self.skipped:
                while self.skipped.pop() != tag:
                    pass
            return
        if tag == "math" and self.names is not None:
            self.text.append(" ".join(dict.fromkeys(self.names)))
            self.names = None
        elif tag == "h1":
            self.page.title = self._taken()
        elif tag in HEADINGS and self.page.sections[-1].anchor and not self.page.sections[-1].heading:
            self.page.sections[-1].heading = self._taken()
        elif tag == "p" and self.full_title:
            self.page.full_title, self.full_title = self._taken(), False
        elif tag == self.about:
            self._end_block()
            self.about = None
        elif tag == "pre":
            self._end_block()
            self.code = False
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if self.skipped:
            return
        if self.names is not None:
            self.names += NAME.findall(data)
        elif self.code and "\n" in data:
            for line in data.split("\n")[:-1]:
                self.text.append(line)
                self._end_block()
            self.text.append(data.rsplit("\n", 1)[1])
        else:
            self.text.append(data)

    def _separate(self, tag: str) -> None:
        if tag in BLOCKS:
            self._end_block()
        elif tag in CELLS and (text := "".join(self.text).rstrip()) and not text.endswith("·"):
            self.text.append(" · ")

    def _taken(self) -> str:
        text = " ".join("".join(self.text).split()).removesuffix(" ·")
        self.text = []
        return text

    def _end_block(self) -> None:
        if block := self._taken():
            (self.page.about if self.about else self.page.sections[-1].blocks).append(block)
