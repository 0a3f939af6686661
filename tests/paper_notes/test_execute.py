"""`paper-notes demos`: runs what is out of date, stores it with its record, and loses nothing when a cell fails."""

import json

import nbformat
import pytest

from paper_notes.cli import main
from paper_notes.execute import DemoError, run_demos
from paper_notes.notebooks import code_digest

ADDRESS = "https://example.org/repository"
SETUP = 'import sys\nREPOSITORY = "https://example.org/old"'
PROVENANCE = """
from IPython.display import display
facts = {"data": {"name": "shapes"}, "hardware": {"cpu": "any"}, "mode": "short"}
display({"application/vnd.paper-notes+json": facts, "text/plain": "facts"}, raw=True)
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "demos").mkdir()
    (tmp_path / "docs").mkdir()
    chapters = "{deep-metric-learning: {ja: 深層距離学習, en: Deep metric learning}}"
    settings = f"site_name: x\nextra: {{repository: {ADDRESS}, chapters: {chapters}}}\n"
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    return tmp_path


def write(root, *sources):
    cells = [nbformat.v4.new_code_cell(SETUP, metadata={"tags": ["setup"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path = root / "demos" / "simclr.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_executed_notebook_is_stored_with_outputs_record_and_address(root):
    path = write(root, "import os\nprint(os.listdir())", PROVENANCE)
    assert run_demos(root, "simclr", ADDRESS) == ["simclr"]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    record = notebook["metadata"]["paper_notes"]["executed"]
    assert record["data"] == {"name": "shapes"}
    assert record["code_digest"] == code_digest(notebook)
    assert len(record["source_digest"]) == 64
    assert record["seconds"] > 0
    # It ran in an empty folder, as a reader's copy would.
    assert "".join(notebook["cells"][1]["outputs"][0]["text"]) == "[]\n"
    assert ADDRESS in "".join(notebook["cells"][0]["source"])


def test_a_current_notebook_is_not_run_again_until_its_code_changes(root):
    path = write(root, PROVENANCE)
    assert run_demos(root, None, ADDRESS) == ["simclr"]
    assert run_demos(root, None, ADDRESS) == []
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source += "\n1 + 1"
    nbformat.write(notebook, path)
    assert run_demos(root, None, ADDRESS) == ["simclr"]


def test_a_notebook_is_run_again_when_the_stored_runs_of_its_method_change(root):
    path = write(root, PROVENANCE)
    run = root / "results/simclr/quick-seed0/run.json"
    for content in ("{}", '{"seed": 0}'):
        run.parent.mkdir(parents=True, exist_ok=True)
        run.write_text(content, encoding="utf-8")
        assert run_demos(root, None, ADDRESS) == ["simclr"]
        assert run_demos(root, None, ADDRESS) == []
    # Neither another method's runs nor what an interrupted copy left are read by it.
    for other in ("byol/quick-seed0", "simclr/full-seed0.partial"):
        (root / "results" / other).mkdir(parents=True)
        (root / "results" / other / "run.json").write_text("{}", encoding="utf-8")
    assert run_demos(root, None, ADDRESS) == []
    # It reads those of a method that its code names.
    path = write(root, PROVENANCE, 'if False:\n    ablation_runs("byol", ())')
    assert run_demos(root, None, ADDRESS) == ["simclr"]
    (root / "results/byol/quick-seed0/run.json").write_text('{"seed": 0}', encoding="utf-8")
    assert run_demos(root, None, ADDRESS) == ["simclr"]
    notebook = nbformat.read(path, as_version=4)
    del notebook.metadata.paper_notes.executed["runs_digest"]
    nbformat.write(notebook, path)
    assert run_demos(root, None, ADDRESS) == ["simclr"]


def test_a_failing_cell_is_named_and_nothing_is_written(root):
    path = write(root, "1 / 0", PROVENANCE)
    run_before = path.read_text(encoding="utf-8").replace("https://example.org/old", ADDRESS)
    with pytest.raises(DemoError, match=r"demos/simclr\.ipynb: a cell failed with ZeroDivisionError: division"):
        run_demos(root, None, ADDRESS)
    assert path.read_text(encoding="utf-8") == run_before
    assert not list((root / "demos").glob("*.partial"))


def test_a_live_run_on_the_data_that_stand_in_for_cifar_replaces_no_notebook(root):
    path = write(root, PROVENANCE.replace('"short"', '"live"'))
    before = path.read_bytes().replace(b"https://example.org/old", ADDRESS.encode())
    with pytest.raises(DemoError, match=r"simclr\.ipynb: it ran on drawn shapes, .* SSL_CORE_DATA"):
        run_demos(root, "simclr", ADDRESS)
    assert json.loads(path.read_bytes()) == json.loads(before)


def test_a_notebook_without_provenance_is_refused(root):
    write(root, "1 + 1")
    with pytest.raises(DemoError, match="no provenance output"):
        run_demos(root, None, ADDRESS)


def test_command_names_a_notebook_that_does_not_exist(root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    assert main(["demos", "nosuch"]) == 1
    assert capsys.readouterr().err.startswith("error: demos/nosuch.ipynb: there is no such notebook")
