"""The generated parts of the results page as HTML: the main table and the ablations; provenance.py makes the rest."""

import re
from collections.abc import Sequence
from html import escape

from paper_notes.curves import learning_curves
from paper_notes.provenance import ABLATION_METRICS, provenance
from paper_notes.published import Figure
from paper_notes.results import Results, Row, network, reason
from paper_notes.results_words import LABELS, METRICS, STATUSES, Place, data_name, with_code
from paper_notes.stored_runs import Variant, option
from paper_notes.variants import ABLATION, SAME_FEATURES, STUDY, variant_words
from paper_notes.words import Language, image_count


def main_table(results: Results, place: Place) -> str:
    """Give the table of all methods with its filter and its downloads."""
    words = LABELS[place.language]
    if not results.rows:
        return f"<p>{words['nothing']}</p>"
    columns = ("method", "metric", "setting", "paper", "reimplementation", "quick", "full", "gap", "status", "reason")
    # A method's first row is where its paper's page leads to.
    first = {row.method: row for row in reversed(results.rows)}
    body = "".join(_row(row, place, row is first[row.method]) for row in results.rows)
    downloads = " ".join(
        f'<a class="button" href="../../results.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "json")
    )
    return (
        f"{_filter(results, place)}{_table(columns, words['caption'], body, place)}"
        f'<p class="results-download">{words["download"]}{downloads}</p>'
    )


def _filter(results: Results, place: Place) -> str:
    """Give the controls: in the page, so that nothing moves when the script starts, hidden where scripts are off."""
    words, language = LABELS[place.language], place.language
    options = {
        "method": {row.method: place.name(row.method) for row in results.rows},
        "status": {row.status: STATUSES[row.status][language] for row in results.rows},
        "data": {
            data: words["none"] if data == "none" else data_name(data, language)
            for data in dict.fromkeys(map(_data, results.rows))
        },
    }
    controls = "".join(
        f'<label>{words[name]}<select data-filter="{name}"><option value="">{words["all"]}</option>'
        + "".join(f'<option value="{escape(value)}">{escape(shown)}</option>' for value, shown in choices.items())
        + "</select></label>"
        for name, choices in options.items()
    )
    every = words["shown"].format(shown=len(results.rows), all=len(results.rows))
    return (
        f'<div class="results-filter needs-script" role="group" aria-label="{words["filter"]}">{controls}'
        f'<label>{words["text"]}<input type="search" data-filter="text"></label>'
        f'<output data-shown="{words["shown"]}">{every}</output></div>'
    )


def _data(row: Row) -> str:
    return row.reference.data if row.reference else "none"


def _table(columns: Sequence[str], caption: str, body: str, place: Place) -> str:
    words = LABELS[place.language]
    heads = "".join(f'<th scope="col">{with_code(words[name])}</th>' for name in columns)
    # Places of one page that readers can jump to have different names.
    name = words["table-region"].format(caption=escape(re.split("[。.:]", caption)[0]))
    return (
        f'<div class="results-scroll" role="region" aria-label="{name}" tabindex="0">'
        f'<table class="results-table"><caption><span>{caption}</span></caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: Row, place: Place, first: bool) -> str:
    language = place.language
    figure, gap = row.reference, row.gap
    cells = [
        _cell(_setting(row, language), figure.epochs if figure else None),
        _cell(_figures(row.papers, row, language), max((each.value for each in row.papers), default=None)),
        _cell(_figures(row.others, row, language), max((each.value for each in row.others), default=None)),
        _our(row.quick, row.metric, language),
        _our(row.full, row.metric, language, missing=STATUSES["not run"][language]),
        _cell(_gap(row), gap),
        _cell(f'<span class="status status-{row.status.replace(" ", "-")}">{STATUSES[row.status][language]}</span>'),
        f'<td class="results-reason">{with_code(reason(row, language))}</td>',
    ]
    identifier = f' id="{escape(row_identifier(row.method))}"' if first else ""
    return (
        f'<tr{identifier} data-method="{escape(row.method)}" data-status="{row.status}" data-data="{_data(row)}">'
        f'<th scope="row">{place.linked(row.method)}</th><td>{METRICS[row.metric][language]}</td>'
        f"{''.join(cells)}</tr>"
    )


def _gap(row: Row) -> str:
    """Give the gap in points; that of other runs than `full`, of which alone the status speaks, names its runs."""
    if row.gap is None or row.compared is None:
        return "–"
    points = f"{100 * row.gap:+.1f}".replace("-", "−")
    return (
        points
        if row.compared is row.full
        else f'{points} <span class="results-range">({escape(row.compared.name)})</span>'
    )


def row_identifier(slug: str) -> str:
    """Give the id of a method's first row in the main table."""
    return f"method-{slug}"


def runs_link(results: Results, slug: str, language: Language, page: str) -> str:
    """Give the link from a paper's page to our results for its method; empty when no run of it is stored.

    `page` is the relative address of the results page.
    """
    variants = results.stored.of(slug)
    if not variants:
        return ""
    in_table = any(row.method == slug for row in results.rows)
    target = row_identifier(slug) if in_table else variants[0].identifier
    words = LABELS[language]["our-runs"].format(count=sum(len(variant.runs) for variant in variants))
    return f'<a href="{escape(f"{page}#{target}")}">{words}</a>'


def _cell(html: str, value: float | None = None) -> str:
    order = "" if value is None else f' data-sort="{value:.6g}"'
    return f"<td{order}>{html}</td>"


def _one_batch(row: Row) -> bool:
    return len({figure.batch_size for figure in (*row.papers, *row.others)}) == 1


def _setting(row: Row, language: Language) -> str:
    words, figure = LABELS[language], row.reference
    if figure is None:
        return "–"
    parts = [
        data_name(figure.data, language),
        figure.backbone and network(figure.backbone, language),
        figure.epochs and words["epochs"].format(epochs=figure.epochs),
        _one_batch(row) and figure.batch_size and words["batch"].format(batch=figure.batch_size),
    ]
    # A phrase of the setting is not broken in its middle.
    shown = [f"<span>{escape(part)}</span>" for part in parts if part]
    return '<span class="results-setting">' + " ".join(shown) + "</span>"


def _figures(figures: Sequence[Figure], row: Row, language: Language) -> str:
    # Figures of one row may differ in their batch size: then each has its own beside it.
    batch = "" if _one_batch(row) else f' <span class="results-range">({LABELS[language]["batch"]})</span>'
    return (
        "".join(
            f'<span class="results-figure"><strong>{_percent(figure.value)}</strong> '
            f'<a href="{escape(figure.address)}" rel="noopener">{_source(figure, language)}</a>'
            f"{batch.format(batch=figure.batch_size) if figure.batch_size else ''}</span>"
            for figure in figures
        )
        or "–"
    )


def _source(figure: Figure, language: Language) -> str:
    if language == "en":
        return escape(figure.source)
    return escape(figure.source_ja) if figure.source_ja else f'<span lang="en">{escape(figure.source)}</span>'


def _percent(value: float) -> str:
    """Write a published accuracy with the decimals that its source has.

    >>> _percent(0.94), _percent(0.9074)
    ('94.0', '90.74')
    """
    text = f"{100 * value:.2f}"
    return text.removesuffix("0")


def _our(variant: Variant | None, metric: str, language: Language, missing: str = "–") -> str:
    mean = variant.mean(metric) if variant else None
    if variant is None or mean is None:
        return f"<td>{missing}</td>"
    return _cell(_link(variant, f"{100 * mean:.1f}", language), mean)


def _link(variant: Variant, shown: str, language: Language) -> str:
    """Give a number of ours as a link to its provenance, with a mark when code has changed since."""
    stale = LABELS[language]["stale"]
    mark = f' <span class="stale-mark" title="{stale}"><span class="visually-hidden">{stale}</span></span>'
    return f'<a class="our-number" href="#{escape(variant.identifier)}">{shown}</a>{mark if variant.stale else ""}'


def ablation_table(results: Results, place: Place) -> str:
    """Give the table of the ablations and studies that have its figures: mean and range over the seeds."""
    words = LABELS[place.language]
    variants = [
        variant
        for variant in results.stored.variants
        if variant.name.startswith((ABLATION, STUDY))
        and variant.name not in SAME_FEATURES.get(variant.slug, ())
        and any(map(variant.numbers, ABLATION_METRICS))
    ]
    if not variants:
        return f"<p>{words['nothing']}</p>"
    columns = ("method", "variant", "change", "images", "seeds", *ABLATION_METRICS)
    body = "".join(_ablation(variant, results, place) for variant in variants)
    return _table(columns, words["ablation-caption"], body, place)


def _ablation(variant: Variant, results: Results, place: Place) -> str:
    cells = [
        f"<td>{_variant(variant, place.language)}</td>",
        f"<td>{changes(variant, results) or '–'}</td>",
        _cell(image_count(variant.images, place.language), variant.images),
        _cell(str(len(variant.runs)), len(variant.runs)),
    ]
    for metric in ABLATION_METRICS:
        values, mean = variant.numbers(metric), variant.mean(metric)
        if mean is None:
            cells.append("<td>–</td>")
            continue
        spread = f"{100 * min(values):.1f}–{100 * max(values):.1f}"
        range_of = f' <span class="results-range">({spread})</span>' if len(values) > 1 else ""
        cells.append(_cell(_link(variant, f"{100 * mean:.1f}", place.language) + range_of, mean))
    return f'<tr><th scope="row">{place.linked(variant.slug)}</th>{"".join(cells)}</tr>'


def _variant(variant: Variant, language: Language) -> str:
    told = variant_words(variant.slug, variant.name, language)
    if told is None:
        return f"<code>{escape(variant.name.removeprefix(ABLATION).removeprefix(STUDY))}</code>"
    # No line ends at an equals sign.
    return escape(told).replace(" = ", "&nbsp;=&nbsp;")


def changes(variant: Variant, results: Results) -> str:
    """Name the settings in which a variant differs from the method's stored `quick` run, as HTML."""
    base = results.stored.base(variant.slug, "quick")
    if base is None:
        return ""
    settings = variant.settings.items()
    different = [f"{name} {option(value)}" for name, value in settings if base.settings.get(name) != value]
    if study := variant.manifest.get("study"):
        different.insert(0, f"study {study}")
    return ", ".join(f"<code>{escape(each)}</code>" for each in different)


def page_parts(results: Results, place: Place, folder: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """Give what stands at the marks of docs/<language>/results.md, by the mark's name, and the figures' files."""
    curves = [learning_curves(results.stored, preset, place, folder) for preset in ("quick", "full")]
    parts = {
        "results": main_table(results, place),
        "learning-curves": "".join(html for html, _ in curves) or f"<p>{LABELS[place.language]['nothing']}</p>",
        "ablations": ablation_table(results, place),
        "provenance": provenance(results, place),
    }
    return parts, {name: content for _, files in curves for name, content in files.items()}
