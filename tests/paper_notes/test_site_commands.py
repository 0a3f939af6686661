"""The command line `paper-notes`: one line for each fault, clear words about the port, a server that builds again."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from paper_notes import drawing, serve
from paper_notes.cli import main
from tests.paper_notes.publishers import CVF


def change(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_build_works_from_any_folder_of_the_repository(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository / "docs/ja")
    assert main(["build"]) == 0
    assert (repository / "site/index.html").is_file()
    assert capsys.readouterr().err == ""


def test_each_fault_is_one_line_on_stderr(repository, monkeypatch, capsys):
    change(repository / "docs/ja/papers/simclr.md", "status: read", "status: done")
    change(repository / "bib/other.bib", "2021", "soon")
    monkeypatch.chdir(repository)
    assert main(["build"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("error: bib/other.bib:5: year 'soon'")
    assert lines[1].startswith("error: docs/ja/papers/simclr.md:5: status 'done'")
    assert not (repository / "site").exists()


def test_outside_a_repository_there_is_one_clear_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 1
    assert "run the command inside the repository" in capsys.readouterr().err


BROKEN_SETTINGS = {
    "broken YAML": ("extra:", "extra: [", "mkdocs.yml:"),
    "no chapters": ("  chapters:", "  others:", "mkdocs.yml: extra.chapters is missing or incomplete: name each"),
    "no address": ("  repository: https", "  repository: x", "mkdocs.yml: extra.repository is missing: give the"),
    "no pages": ("docs_dir: docs/ja", "docs_dir: docs/xx", "mkdocs.yml: Config value 'docs_dir': The path"),
}


@pytest.mark.parametrize("command", [["build"], ["add", "entry.bib"], ["demos"]], ids=lambda command: command[0])
@pytest.mark.parametrize("kind", BROKEN_SETTINGS)
def test_settings_that_cannot_be_used_are_told_in_one_line(repository, monkeypatch, capsys, command, kind):
    old, new, message = BROKEN_SETTINGS[kind]
    change(repository / "mkdocs.yml", old, new)
    (repository / "entry.bib").write_text(CVF, encoding="utf-8")
    monkeypatch.chdir(repository)
    assert main(command) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"error: {message}")
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


def test_a_reader_who_has_enough_of_the_output_is_no_error(repository):
    command = f"{shlex.quote(sys.executable)} -m paper_notes.cli check"
    (repository / "docs/ja/about.md").write_text("<!-- TODO: x -->\n" * 20_000, encoding="utf-8")
    (repository / "docs/en/about.md").write_text("", encoding="utf-8")
    piped = f"{command} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", piped], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    first, status = done.stdout.splitlines()
    assert first.endswith(" unfinished:")
    assert status == "141"


def test_port_in_use_is_one_sentence_before_any_build(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    told = capsys.readouterr()
    assert told.err == (
        f"error: port {port} is in use: stop the other program or choose another with PORT={port + 1} make serve\n"
    )
    assert not (repository / ".cache").exists()


@pytest.mark.parametrize("port", ["no", "0", "65536"])
def test_wrong_port_is_wrong_usage(port):
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--port", port])
    assert caught.value.code == 2


def fetched(address, wanted, seconds=60.0):
    """Ask until the page holds a text; a build on a busy machine takes its time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as answer:
                text = answer.read().decode()
            if wanted in text:
                return text
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"{wanted!r} did not appear at {address}")


def test_server_builds_again_and_survives_a_fault(repository):
    port = free_port()
    command = [sys.executable, "-m", "paper_notes.cli", "serve", "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=repository, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = f"http://127.0.0.1:{port}/ja/about/"
            fetched(address, "説明。")
            with pytest.raises(urllib.error.HTTPError) as missing:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ja/nosuch/", timeout=60)
            with missing.value as answer:
                assert "/en/" in answer.read().decode()  # the site's own page, which leads back
            page = repository / "docs/ja/about.md"
            change(page, "説明。", "新しい文。")
            fetched(address, "新しい文。")
            change(page, "新しい文。", "壊れた$\\foo$式。")
            time.sleep(2)
            fetched(address, "新しい文。")
            change(page, "壊れた$\\foo$式。", "直した文。")
            fetched(address, "直した文。")
        finally:
            server.send_signal(signal.SIGTERM)
            output, _ = server.communicate(timeout=30)
    assert f"serving at http://127.0.0.1:{port}/" in output
    assert server.returncode == 0
    assert list((repository / ".cache/paper-notes").iterdir()) == []


def test_server_watches_all_that_a_page_is_made_of(repository, monkeypatch):
    watched = {}

    class Server:
        def __init__(self, builder, root, **_):
            self.builder = builder

        def watch(self, path, *, recursive=True):
            watched[path] = recursive

        def serve(self):
            monkeypatch.setattr(drawing, "SIZE", 99.0)
            self.builder()

        def shutdown(self, wait):
            pass

    for name in ("ssl_core", "results", "paper_notes/ideas"):
        (repository / name).mkdir()
    (repository / "paper_notes/drawing.py").touch()
    monkeypatch.setattr("mkdocs.livereload.LiveReloadServer", Server)
    monkeypatch.setattr(serve, "_build", lambda *_: built.append(drawing.SIZE))
    built = []
    serve._run_server(repository, repository / "site", 8000, "http://127.0.0.1:8000/")
    folders = ("docs", "bib", "demos", "theme", "results", "ssl_core", "paper_notes/ideas")
    files = ("mkdocs.yml", "mkdocs.en.yml", "paper_notes/drawing.py")
    assert watched == {
        **{str(repository / name): True for name in folders},
        **{str(repository / name): False for name in files},
    }
    # A change of the toolkit is seen by the next build.
    assert built == [16.0]
