"""The two pages above the languages: the entrance, which sends readers on, and the page for unknown addresses."""

from html import escape
from urllib.parse import urlsplit

from paper_notes.words import LANGUAGES, NAMES

STYLE = (
    "body{margin:0;min-height:100vh;display:grid;place-content:center;justify-items:center;gap:1.5rem;"
    "font:1.125rem/1.7 system-ui,sans-serif;color:#22262e;background:#fbfaf7}"
    "p{margin:0}nav{display:flex;gap:1rem}"
    "a{padding:.5rem 1.5rem;border:1px solid #1c5a82;border-radius:.375rem;color:#1c5a82;text-decoration:none}"
    "a:hover,a:focus{background:#1c5a82;color:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#e3e6eb;background:#14171c}a{border-color:#8ec5e8;color:#8ec5e8}"
    "a:hover,a:focus{background:#8ec5e8;color:#14171c}}"
)
# The first language of the reader that the site has; a reader with neither gets English.
CHOICE = (
    "const wanted=(navigator.languages||[navigator.language]).map(l=>l.slice(0,2)).find(l=>l==='ja'||l==='en');"
    "location.replace((wanted||'en')+'/'+location.search+location.hash)"
)


def root_page(root_url: str) -> str:
    """Give the entrance page; without JavaScript it is two links."""
    return _page("論文ノート / Paper notes", "", root_url, script=f"<script>{CHOICE}</script>")


def not_found_page(root_url: str) -> str:
    """Give the page that a host shows for an unknown address, with absolute links since it appears at any depth."""
    return _page(
        "ページがない / Page not found",
        urlsplit(root_url).path,
        root_url,
        script='<meta name="robots" content="noindex">',
    )


def _page(title: str, base: str, root_url: str, *, script: str) -> str:
    alternates = "".join(
        f'<link rel="alternate" hreflang="{language}" href="{escape(root_url)}{language}/">' for language in LANGUAGES
    )
    links = "".join(
        f'<a href="{escape(base)}{language}/" lang="{language}" hreflang="{language}">{NAMES[language]}</a>'
        for language in LANGUAGES
    )
    return (
        '<!doctype html>\n<html lang="ja">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title>{alternates}"
        f'<link rel="alternate" hreflang="x-default" href="{escape(root_url)}">'
        f'<link rel="icon" href="{escape(base)}ja/assets/icon.svg"><style>{STYLE}</style>{script}</head>\n'
        f"<body><main><p>{title}</p></main><nav>{links}</nav></body>\n</html>\n"
    )
