"""The two pages above the languages: the entrance, which sends readers on, and the page for unknown addresses."""

from html import escape
from urllib.parse import urlsplit

from paper_notes.words import LANGUAGES, NAMES, WORDS

STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-content:center;font:1.0625rem/1.8 system-ui,sans-serif;"
    "color:#22262e;background:#fcfbf8}main{display:grid;gap:1.5rem;max-width:34rem;padding:1.5rem}"
    "h1,h2,p{margin:0}h1{font-size:1.25rem;text-align:center}h2{font-size:1.125rem}"
    "section{padding-top:1.5rem;border-top:1px solid #e2ded4}"
    "form,nav{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.75rem}h1+nav{justify-content:center}"
    "a,button,input{padding:.3rem 1rem;border:1px solid #1c5a82;border-radius:.375rem;color:#1c5a82;"
    "background:none;font:inherit;text-decoration:none}input{flex:1 1 10rem;min-width:0;color:inherit}"
    "button{cursor:pointer}a:hover,a:focus-visible,button:hover,button:focus-visible{background:#1c5a82;color:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#e3e6eb;background:#14171c}section{border-color:#313843}"
    "a,button,input{border-color:#8ec5e8;color:#8ec5e8}input{color:inherit}"
    "a:hover,a:focus-visible,button:hover,button:focus-visible{background:#8ec5e8;color:#14171c}}"
)
# The first language of the reader that the site has; a reader with neither gets English.
CHOICE = (
    "const wanted=(navigator.languages||[navigator.language]).map(l=>l.slice(0,2)).find(l=>l==='ja'||l==='en');"
    "location.replace((wanted||'en')+'/'+location.search+location.hash)"
)


def root_page(root_url: str) -> str:
    """Give the entrance page; without JavaScript it is two links."""
    title = "論文ノート / Paper notes"
    links = "".join(
        f'<a href="{language}/" lang="{language}" hreflang="{language}">{NAMES[language]}</a>'
        for language in LANGUAGES
    )
    alternates = "".join(
        f'<link rel="alternate" hreflang="{language}" href="{escape(root_url)}{address}">'
        for language, address in (*((language, f"{language}/") for language in LANGUAGES), ("x-default", ""))
    )
    description = '<meta name="description" content="論文を読むノート。Notes on papers, in Japanese and English.">'
    body = f"<h1>{title}</h1><nav>{links}</nav>"
    return _page(title, "", f"{description}{alternates}<script>{CHOICE}</script>", body)


def not_found_page(root_url: str) -> str:
    """Give the page that a host shows for an unknown address, with absolute links since it appears at any depth."""
    base = escape(urlsplit(root_url).path)
    parts = ""
    for language in LANGUAGES:
        words = WORDS[language]
        search, home = words["search-dialog"], f"{base}{language}/"
        places = {"to-list": home, "to-results": f"{home}results/", "to-glossary": f"{home}glossary/"}
        links = "".join(f'<a href="{address}">{words[name]}</a>' for name, address in places.items())
        # The search of the first page opens with what `q` holds.
        parts += (
            f'<section lang="{language}"><h2>{words["not-found"]}</h2><p>{words["not-found-text"]}</p>'
            f'<form action="{home}" role="search" aria-label="{search}"><input type="search" name="q" required '
            f'aria-label="{search}"><button>{search}</button></form>'
            f'<nav aria-label="{words["not-found"]}">{links}</nav></section>'
        )
    title = " / ".join(WORDS[language]["not-found"] for language in LANGUAGES)
    return _page(title, base, '<meta name="robots" content="noindex">', f"<h1>404</h1>{parts}")


def _page(title: str, base: str, head: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="ja">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title>"
        f'<link rel="icon" href="{base}ja/assets/icon.svg"><style>{STYLE}</style>{head}</head>\n'
        f"<body><main>{body}</main></body>\n</html>\n"
    )
