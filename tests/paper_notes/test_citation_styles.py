"""APA and IEEE as their manuals have them: lines written by hand from the rules, not from the program.

APA: Publication Manual, 7th edition, chapters 9 and 10. IEEE: Reference Guide. Titles keep
their publisher's capitals.
"""

import pytest

from paper_notes.bib_export import normalise
from paper_notes.csl import csl_item
from paper_notes.styles import apa, ieee, markdown, plain_text
from tests.paper_notes.nasty import cases

JOURNAL = """@article{k, author = {Wang, Wei and van der Maaten, Laurens and Smith, Jr., John Q.},
  title = {Metric spaces},
  journal = {Journal of Metrics}, volume = {12}, number = {3}, pages = {45--67}, year = {2019}, month = jul,
  doi = {10.1000/182}, publisher = {ACM}}"""
CONFERENCE = """@inproceedings{k, author = {Chen, Xinlei and He, Kaiming}, title = {Siamese networks}, year = {2021},
  booktitle = {Proceedings of the Conference on Vision}, pages = {15750--15758}, month = {June}, publisher = {IEEE},
  editor = {Roe, Ada and Poe, B. C.}, doi = {10.1109/X.2021.01549}}"""
MEETING = """@inproceedings{k, author = {Doe, Jane}, title = {A meeting}, booktitle = {Proc. Meet.}, year = {2020},
  month = {13--18 Jul}, volume = {119}, pages = {5}, url = {https://proceedings.example.org/a.html}}"""
BOOK = """@book{k, author = {Bishop, Christopher M. and Bishop, Hugh}, title = {Deep learning}, edition = {2},
  publisher = {Springer}, address = {Cham, Switzerland}, year = {2024}}"""
CHAPTER = """@incollection{k, author = {Doe, Jane}, title = {Hard negatives}, booktitle = {Handbook of metrics},
  editor = {Roe, Ada}, publisher = {Elsevier}, address = {Amsterdam}, year = {2010}, pages = {5--20}}"""
THESIS = (
    "@phdthesis{k, author = {Hinton, G. E.}, title = {Relaxation}, school = {University of Edinburgh}, year = {1977}}"
)
MASTERS = (
    "@mastersthesis{k, author = {Krizhevsky, Alex}, title = {Layers}, school = {Univ. of Toronto}, year = {2009}}"
)
REPORT = """@techreport{k, author = {{Google Research}}, title = {Large models}, institution = {Google},
  number = {42},
  year = {2020}, month = sep, type = {Technical Report}}"""
PREPRINT = """@misc{k, author = {Chen, Ting and Kornblith, Simon}, title = {Simple views}, year = {2020},
  eprint = {2002.05709}, archiveprefix = {arXiv}, primaryclass = {cs.LG}}"""
WEB = """@online{k, author = {Weng, Lilian}, title = {Contrastive learning}, organization = {Lil’Log},
  year = {2021},
  month = may, url = {https://example.org/posts/contrastive_learning/}}"""
SEVEN = """@article{k, author = {A, Ann and B, Bob and C, Cid and D, Dan and E, Eve and F, Fay and G, Gus},
  title = {Is it?},
  journal = {Nature}, year = {2020}, volume = {5}, eid = {e0248}}"""
OTHERS = "@article{k, author = {Brown, Tom and others}, title = {Shots}, journal = {J}, year = {2020}, volume = {1}}"
JAPANESE = """@inproceedings{k, author = {山田, 太郎 and 佐藤, 花子}, title = {対照学習},
  booktitle = {画像シンポジウム},
  year = {2021}, pages = {1--4}}"""
SOFTWARE = """@software{k, author = {{The PyTorch Team}}, title = {PyTorch}, version = {2.6}, year = {2024},
  url = {https://example.org/pytorch}}"""
UNKNOWN = (
    "@article{k, author = {Doe, J.-P.}, title = {Why now?}, journal = {Mind & Matter}, year = {2001}, number = {4}}"
)

APA = {
    JOURNAL: "Wang, W., van der Maaten, L., & Smith, J. Q., Jr. (2019). Metric spaces. Journal of Metrics, "
    "12(3), 45–67. https://doi.org/10.1000/182",
    CONFERENCE: "Chen, X., & He, K. (2021). Siamese networks. In A. Roe & B. C. Poe (Eds.), "
    "Proceedings of the Conference on Vision (pp. 15750–15758). IEEE. https://doi.org/10.1109/X.2021.01549",
    MEETING: "Doe, J. (2020). A meeting. In Proc. Meet. (Vol. 119, p. 5). https://proceedings.example.org/a.html",
    BOOK: "Bishop, C. M., & Bishop, H. (2024). Deep learning (2nd ed.). Springer.",
    CHAPTER: "Doe, J. (2010). Hard negatives. In A. Roe (Ed.), Handbook of metrics (pp. 5–20). Elsevier.",
    THESIS: "Hinton, G. E. (1977). Relaxation [Doctoral dissertation, University of Edinburgh].",
    MASTERS: "Krizhevsky, A. (2009). Layers [Master’s thesis, Univ. of Toronto].",
    REPORT: "Google Research. (2020). Large models (Technical Report No. 42). Google.",
    PREPRINT: "Chen, T., & Kornblith, S. (2020). Simple views (arXiv:2002.05709). arXiv. https://arxiv.org/abs/2002.05709",
    WEB: "Weng, L. (2021, May). Contrastive learning. Lil’Log. https://example.org/posts/contrastive_learning/",
    SEVEN: "A, A., B, B., C, C., D, D., E, E., F, F., & G, G. (2020). Is it? Nature, 5, Article e0248.",
    OTHERS: "Brown, T., et al. (2020). Shots. J, 1.",
    JAPANESE: "山田 太郎, & 佐藤 花子. (2021). 対照学習. In 画像シンポジウム (pp. 1–4).",
    SOFTWARE: "The PyTorch Team. (2024). PyTorch (Version 2.6) [Computer software]. https://example.org/pytorch",
    UNKNOWN: "Doe, J.-P. (2001). Why now? Mind & Matter, (4).",
}
IEEE = {
    JOURNAL: "W. Wang, L. van der Maaten, and J. Q. Smith Jr., “Metric spaces,” Journal of Metrics, vol. 12, no. 3, "
    "pp. 45–67, Jul. 2019, doi: 10.1000/182.",
    CONFERENCE: "X. Chen and K. He, “Siamese networks,” in Proceedings of the Conference on Vision, Jun. 2021, "
    "pp. 15750–15758, doi: 10.1109/X.2021.01549.",
    MEETING: "J. Doe, “A meeting,” in Proc. Meet., vol. 119, Jul. 13–18, 2020, p. 5. [Online]. Available: "
    "https://proceedings.example.org/a.html",
    BOOK: "C. M. Bishop and H. Bishop, Deep learning, 2nd ed. Cham, Switzerland: Springer, 2024.",
    CHAPTER: "J. Doe, “Hard negatives,” in Handbook of metrics, A. Roe, Ed. Amsterdam: Elsevier, 2010, pp. 5–20.",
    THESIS: "G. E. Hinton, “Relaxation,” Ph.D. dissertation, University of Edinburgh, 1977.",
    MASTERS: "A. Krizhevsky, “Layers,” M.S. thesis, Univ. of Toronto, 2009.",
    REPORT: "Google Research, “Large models,” Google, Tech. Rep. 42, Sep. 2020.",
    PREPRINT: "T. Chen and S. Kornblith, “Simple views,” 2020, arXiv:2002.05709.",
    WEB: "L. Weng, “Contrastive learning,” Lil’Log, May 2021. [Online]. Available: "
    "https://example.org/posts/contrastive_learning/",
    SEVEN: "A. A et al., “Is it?” Nature, vol. 5, Art. no. e0248, 2020.",
    OTHERS: "T. Brown et al., “Shots,” J, vol. 1, 2020.",
    JAPANESE: "山田 太郎 and 佐藤 花子, “対照学習,” in 画像シンポジウム, 2021, pp. 1–4.",
    SOFTWARE: "The PyTorch Team, “PyTorch,” version 2.6, 2024. [Online]. Available: https://example.org/pytorch",
    UNKNOWN: "J.-P. Doe, “Why now?” Mind & Matter, no. 4, 2001.",
}
DBLP = """@inproceedings{k, author = {Doe, Jane}, title = {A title.}, year = {2022}, pages = {1--2},
  booktitle = {Conference on Views, {CV} 2022, Virtual Event, April 25-29, 2022}, publisher = {OpenReview.net}}"""
HYPHENS = """@article{k, author = {Doe, Jane}, title = {Sections}, journal = {J}, volume = {3}, pages = {2-1-2-10},
  year = {2022}}"""
APA |= {
    DBLP: "Doe, J. (2022). A title. In Conference on Views, CV 2022, Virtual Event, April 25-29, 2022 (pp. 1–2). "
    "OpenReview.net.",
    HYPHENS: "Doe, J. (2022). Sections. J, 3, 2-1-2-10.",
}
IEEE |= {
    DBLP: "J. Doe, “A title,” in Conference on Views, CV 2022, Virtual Event, April 25-29, 2022, pp. 1–2.",
    HYPHENS: "J. Doe, “Sections,” J, vol. 3, p. 2-1-2-10, 2022.",
}


@pytest.mark.parametrize(("source", "line"), APA.items())
def test_apa_line(source, line):
    assert plain_text(apa(csl_item(normalise(source)))) == line


@pytest.mark.parametrize(("source", "line"), IEEE.items())
def test_ieee_line(source, line):
    assert plain_text(ieee(csl_item(normalise(source)))) == line


def test_apa_names_up_to_twenty_authors_and_the_last_of_more():
    people = [f"Family{letter}, Given" for letter in "abcdefghijklmnopqrstu"]

    def line(count):
        source = (
            f"@article{{k, author = {{{' and '.join(people[:count])}}}, title = {{T}}, journal = {{J}}, year = 2020}}"
        )
        return plain_text(apa(csl_item(normalise(source))))

    assert "Familys, G., & Familyt, G. (2020)" in line(20)
    assert "Familyr, G., Familys, G., . . . Familyu, G. (2020)" in line(21)
    assert "Familyt" not in line(21)


def test_italics_are_where_the_manuals_have_them():
    journal, book = (csl_item(normalise(source)) for source in (JOURNAL, BOOK))
    assert "<i>Journal of Metrics</i>, <i>12</i>(3)" in apa(journal)
    assert "<i>Deep learning</i> (2nd ed.)" in apa(book)
    assert "“Metric spaces,” <i>Journal of Metrics</i>, vol. 12" in ieee(journal)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.key) for case in cases()])
def test_lines_hold_title_year_and_no_mark_but_italics(case):
    year = str(case.item["issued"]["date-parts"][0][0])
    for html in (apa(case.item), ieee(case.item)):
        text = plain_text(html)
        assert case.title in text
        assert year in text
        assert "\n" not in text
        assert "  " not in text
        assert ".." not in text.replace(". . .", "")
        assert html.count("<") == html.count("<i>") + html.count("</i>")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            CONFERENCE,
            "Xinlei Chen, Kaiming He. [Siamese networks](https://doi.org/10.1109/X.2021.01549). "
            "*Proceedings of the Conference on Vision*, 2021.",
        ),
        (
            SEVEN,
            "Ann A, Bob B, Cid C, Dan D, Eve E, Fay F, et al. [Is it?](https://example.org/p%28q%29.pdf). "
            "*Nature*, 2020.",
        ),
        (
            DBLP,
            "Jane Doe. [A title.](https://example.org/p%28q%29.pdf). *Conference on Views, CV 2022, Virtual Event, "
            "April 25-29, 2022*.",
        ),
        (JAPANESE, "山田 太郎, 佐藤 花子. [対照学習](https://example.org/p%28q%29.pdf). *画像シンポジウム*, 2021."),
        (
            "@misc{k, author = {Doe, Jane}, title = {A *b* [c] <d> $x_1$ a_b}, howpublished = {H}, year = 2020}",
            r"Jane Doe. [A \*b\* \[c\] \<d\> x₁ a\_b](https://example.org/p%28q%29.pdf). *H*, 2020.",
        ),
    ],
)
def test_markdown_line(source, line):
    assert markdown(csl_item(normalise(source)), "https://example.org/p(q).pdf") == line
