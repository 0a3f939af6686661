"""The results page's blocks that say where our numbers come from: means over the seeds, then run by run."""

from html import escape

from paper_notes.paper_page import commit_html, data_sentence, duration, machine
from paper_notes.protocols import protocol_html
from paper_notes.results import Results
from paper_notes.results_words import CITED, LABELS, METRICS, Place, data_name, with_code
from paper_notes.stored_runs import StoredRun, Variant, command, written
from paper_notes.variants import variant_words
from paper_notes.words import Language

ABLATION_METRICS = ("knn", "linear", "knn_untrained")


def provenance(results: Results, place: Place) -> str:
    """Give a block for each variant that says where its numbers come from, run by run."""
    return "".join(_block(variant, results, place) for variant in results.stored.variants)


def _block(variant: Variant, results: Results, place: Place) -> str:
    words = LABELS[place.language]
    name = escape(place.name(variant.slug))
    mark = f' <span class="run-stale">{words["stale"]}</span>' if variant.stale else ""
    told = variant_words(variant.slug, variant.name, place.language)
    told = f"{escape(told)} " if told else ""
    count = words["runs"].format(count=len(variant.runs)) if len(variant.runs) > 1 else ""
    runs = "".join(_run(variant, run, results, place) for run in variant.runs)
    means = _means(variant, results, place.language)
    return (
        f'<details class="provenance" id="{escape(variant.identifier)}"><summary>{name}, {told}'
        f"<code>{escape(variant.name)}</code> {count}{mark}</summary>{means}{runs}</details>"
    )


def _shown(variant: Variant, results: Results) -> list[str]:
    """Name the figures that a variant's block shows: those of the tables, and those that a page's prose cites."""
    return list(dict.fromkeys((*ABLATION_METRICS, *METRICS, *results.cited.get(variant.identifier, ()))))


def _figure_name(metric: str, language: Language) -> str:
    name = METRICS.get(metric) or CITED.get(metric)
    return name[language] if name else f"<code>{escape(metric)}</code>"


def _means(variant: Variant, results: Results, language: Language) -> str:
    """Give the means over the seeds, with their ranges, as tables and prose show them; nothing for a single run."""
    if len(variant.runs) == 1:
        return ""
    items = "".join(
        f"<li><strong>{_figure_name(metric, language)} {written(metric, mean)}</strong> "
        f"<span>({written(metric, min(values))}–{written(metric, max(values))})</span></li>"
        for metric in _shown(variant, results)
        if (values := variant.numbers(metric)) and (mean := variant.mean(metric)) is not None
    )
    return f'<div class="run-means"><p>{LABELS[language]["means"]}</p><ul class="run-figures">{items}</ul></div>'


def _run(variant: Variant, run: StoredRun, results: Results, place: Place) -> str:
    words, language = LABELS[place.language], place.language
    manifest = run.run.manifest
    data = manifest["data"]
    versions = ", ".join(f"{name} {version}" for name, version in (manifest.get("versions") or {}).items())
    protocols = manifest.get("protocol") or {}
    folder = escape(f"results/{run.slug}/{run.name}")
    figures = "".join(
        f"<li><strong>{_figure_name(metric, language)} {written(metric, value)}"
        f"</strong> <span>{protocol_html(str(protocols.get(metric, '')), language)}</span></li>"
        for metric in _shown(variant, results)
        if (value := run.number(metric)) is not None
    )
    facts = {
        "figures": f'<ul class="run-figures">{figures}</ul>',
        "run-data": escape(data_sentence(data_name(variant.data, language), data, language)),
        "fingerprint": f"<code>{escape(str(data.get('fingerprint')))}</code>",
        "commit": commit_html(manifest.get("git_commit"), language, place.repository),
        "hardware": escape(machine(manifest["hardware"], language)),
        "precision": escape(str(manifest.get("precision", ""))),
        "time": duration(float(manifest["wall_seconds"]), language),
        "versions": escape(versions),
        "record": f'<a href="{escape(place.repository)}/tree/main/{folder}" rel="noopener"><code>{folder}</code></a>',
    }
    items = "".join(f"<div><dt>{words[name]}</dt><dd>{value}</dd></div>" for name, value in facts.items() if value)
    collapse = manifest.get("collapse")
    told = protocol_html(str(collapse["reason"]), language) if collapse else ""
    notes = f'<p class="run-stale">{words["collapse"]}{told.removeprefix("collapse: ")}</p>' if collapse else ""
    notes += f'<p class="run-stale">{words["stale"]}</p>' if run.stale else ""
    jpeg = f"<p>{with_code(words['jpeg'])}</p>" if variant.data == "cifar10-jpeg" else ""
    line = escape(command(variant, run, results.stored))
    return (
        f'<section class="run-record" id="{escape(run.identifier)}" role="group" '
        f'aria-label="{escape(run.name)}"><p><strong>{words["seed"].format(seed=manifest["seed"])}</strong></p>'
        f"<p>{words['command']}</p><pre><code>{line}</code></pre>{jpeg}"
        f"<dl>{items}</dl>{notes}</section>"
    )
