"""The notebooks run where a reader runs them: in a folder of their own, with nothing but the built wheel."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "demos").glob("*.ipynb"))
WHERE = "import ssl_core, ssl_core.runs\nprint(ssl_core.__file__)\nprint(ssl_core.runs.results_folder())"


@pytest.fixture(scope="session")
def wheel_folder(tmp_path_factory) -> Path:
    """Build the wheel and unpack it into an empty folder, as pip would install it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", target, wheel], check=True)
    return target


@pytest.fixture(scope="session", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request, wheel_folder, tmp_path_factory):
    """Give a notebook after a short run in a folder that holds only it; the first cell says what it ran on."""
    folder = tmp_path_factory.mktemp("reader")
    notebook = nbformat.read(request.param, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(WHERE))
    nbformat.write(notebook, folder / request.param.name)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "SSL_CORE_DEMO": "short",
            "SSL_CORE_DATA": str(folder / "nowhere"),
            "SSL_CORE_CACHE": str(folder / "cache"),
            "PYTHONPATH": str(wheel_folder),
            "PYTHONWARNINGS": "ignore",  # of Jupyter's own start
        }.items():
            patch.setenv(name, value)
        NotebookClient(
            notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
    return notebook, wheel_folder


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_there_is_a_notebook_to_test():
    assert NOTEBOOKS


def test_it_runs_with_the_wheel_alone_and_reads_the_stored_runs_in_it(executed):
    notebook, wheel = executed
    package, results = notebook.cells[0].outputs[0].text.split()
    assert Path(package).is_relative_to(wheel)
    assert Path(results) == wheel / "ssl_core" / "stored_results"


def test_every_figure_is_described_in_both_languages(executed):
    notebook, _ = executed
    figures = [output for output in outputs(notebook) if "image/svg+xml" in output.get("data", {})]
    assert len(figures) >= 4
    for figure in figures:
        described = figure["metadata"]["paper_notes"]["alt"]
        assert all(len(described[language]) > 20 for language in ("ja", "en"))


def test_short_mode_says_in_both_languages_that_its_figures_compare_with_nothing(executed):
    notebook, _ = executed
    said = " ".join(
        output["data"]["text/markdown"] for output in outputs(notebook) if "text/markdown" in output.get("data", {})
    )
    assert "短縮モード" in said
    assert "Short mode" in said


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_text_cells_come_in_pairs_of_both_languages_with_equal_ids(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    in_language = {
        language: [
            cell.metadata.get("paper_notes", {}).get("id")
            for cell in cells
            if f"lang-{language}" in cell.metadata.tags
        ]
        for language in ("ja", "en")
    }
    assert in_language["ja"] == in_language["en"]
    assert len(in_language["ja"]) + len(in_language["en"]) == len(cells)
    assert len(in_language["ja"]) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("on_colab", [True, False])
def test_first_cell_installs_the_package_on_colab_and_does_nothing_elsewhere(path, on_colab, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    if on_colab:
        monkeypatch.setitem(sys.modules, "google.colab", sys)
    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    exec(first.source, {})
    if not on_colab:
        assert commands == []
        return
    (command,) = commands
    assert command[1:4] == ["-m", "pip", "install"]
    assert command[-1] == "paper-notes[train] @ git+https://github.com/Loy-rh/paper_notes"
    assert not {"-U", "--upgrade", "torch"} & set(command)  # Colab keeps its own torch
