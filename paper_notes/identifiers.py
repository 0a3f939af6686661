r"""Identifiers and addresses as they are, whatever prefix or LaTeX somebody put around them: DOI, arXiv, the web."""

import re
from urllib.parse import urlsplit

# Fields that hold an address or identifier, and no LaTeX.
VERBATIM = frozenset(("url", "doi", "eprint", "pdf"))
DOI_PREFIX = re.compile(r"^(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi[:\s]\s*)+", re.IGNORECASE)
# Older ones hold brackets, semicolons and < > (SICI); none ends with the comma of the sentence it was copied from.
DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\"\\{}^|`]*[^\s\"\\{}^|`.,;]")
ARXIV_NUMBER = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\d)"
ARXIV = re.compile(rf"(?:^|arxiv(?:\.org/(?:abs|pdf)/|[:\s]\s*|\.)|abs/)({ARXIV_NUMBER})", re.IGNORECASE)
TILDE = re.compile(
    r"\{(?:\\textasciitilde|\\~(?:\{\})?|~)\s*\}|\\textasciitilde(?:\{\}|\s)?|\\~(?:\{\})?|\$\\sim\$",
)
SIGN = re.compile(r"\{\\?([_%&#$])\}|\\([_%&#${}])")
NAMED_SIGN = re.compile(r"\{\\text(underscore|less|greater)\s*\}|\\text(underscore|less|greater)(?:\{\}|\s)?")
NAMED_SIGNS = {"underscore": "_", "less": "<", "greater": ">"}
# A command whose first argument is an address, and that argument.
URL_NAME = r"\\(?:url|href|path|nolinkurl)\s*"
URL_ARGUMENT = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"
URL_COMMAND = re.compile(rf"{URL_NAME}\{{({URL_ARGUMENT})\}}")
BARE_URL = re.compile(r"https?://(?:[^\s{}]|\{[^\s{}]*\})+")


def address(value: str) -> str:
    r"""Give an address as it is, without the LaTeX that some publishers put around its signs.

    >>> address(r"\url{https://a.b/\~{}c{\_}d{\%}20e{\~{}}f}")
    'https://a.b/~c_d%20e~f'
    """
    value = value.strip()
    command = URL_COMMAND.fullmatch(value)
    value = TILDE.sub("~", command[1] if command else value)
    value = NAMED_SIGN.sub(lambda found: NAMED_SIGNS[found[1] or found[2]], value)
    return SIGN.sub(lambda found: found[1] or found[2], value)


def identifier(name: str, value: str) -> str:
    r"""Give the value of a verbatim field as it is.

    >>> identifier("doi", r"https://doi.org/10.1007/978-3-030-58548-8{\_}45"), identifier("url", r"http://a.b/c\_d")
    ('10.1007/978-3-030-58548-8_45', 'http://a.b/c_d')
    """
    return DOI_PREFIX.sub("", address(value)) if name == "doi" else address(value)


def is_doi(value: str) -> bool:
    """Tell whether a value is a DOI, without prefix.

    >>> is_doi("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"), is_doi("10.1000/182,")
    (True, False)
    """
    return DOI.fullmatch(value) is not None


def arxiv_number(text: str) -> str:
    """Give the number of an arXiv paper that a text names, with its version; empty where it names none.

    >>> arxiv_number("arXiv preprint arXiv:2002.05709"), arxiv_number("https://arxiv.org/pdf/math/0211159v1")
    ('2002.05709', 'math/0211159v1')
    """
    found = ARXIV.search(text)
    return found[1] if found else ""


def is_arxiv_number(value: str) -> bool:
    """Tell whether a value is the number of an arXiv paper and nothing else."""
    return re.fullmatch(ARXIV_NUMBER, value, re.IGNORECASE) is not None


def addresses_in(latex: str) -> list[str]:
    r"""Give the web's addresses in a text: what \url holds, else what begins with http.

    >>> addresses_in(r"Blog, \url{https://a.b/c\_d%20e}."), addresses_in("see https://a.b/c.")
    (['https://a.b/c_d%20e'], ['https://a.b/c'])
    """
    commands = [address(found[1]) for found in URL_COMMAND.finditer(latex)]
    found = commands or [address(found[0]).rstrip(".,;") for found in BARE_URL.finditer(latex)]
    return [each for each in found if is_web_link(each)]


def is_web_link(address: object) -> bool:
    """Tell whether an address may become a link: http or https with a host, nothing that a browser would run.

    >>> is_web_link("https://arxiv.org/abs/2002.05709"), is_web_link("javascript:alert(1)")
    (True, False)
    """
    if not isinstance(address, str) or re.search(r"[\s\"'<>\x00-\x1f]", address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def host_of(address: str) -> str:
    """Give the site of an address, by which a page of the web is known.

    >>> host_of("https://www.example.org/a"), host_of("a book")
    ('example.org', '')
    """
    return urlsplit(address).netloc.removeprefix("www.") if is_web_link(address) else ""
