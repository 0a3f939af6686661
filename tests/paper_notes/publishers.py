"""Entries of invented papers, each written as one publisher, archive or index exports its own."""

CVF = """@InProceedings{Sato_2023_CVPR,
author = {Sato, Hanako and M\\"uller, J\\"org},
title = {TwinNet: Two Views Are Enough},
booktitle = {Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
month = {June},
year = {2023},
pages = {101-110}
}
"""
OPENREVIEW = """@inproceedings{
doe2024prism,
title={{PRISM}: Views with 50% \\& More},
author={Jane Q. Doe and Ludwig van Beethoven and {Example Research}},
booktitle={The Twelfth International Conference on Learning Representations},
year={2024},
url={https://openreview.net/forum?id=AbC_dEf-1}
}
"""
NEURIPS = """@inproceedings{NEURIPS2022_0123abcd,
 author = {Roe, Richard and Poe, Ada},
 booktitle = {Advances in Neural Information Processing Systems},
 editor = {S. Koyejo and S. Mohamed},
 pages = {1--14},
 publisher = {Curran Associates, Inc.},
 title = {Mirror Networks (MiNe)},
 url = {https://proceedings.neurips.cc/paper_files/paper/2022/file/0123abcd-Paper-Conference.pdf},
 volume = {35},
 year = {2022}
}
"""
PMLR = """@InProceedings{pmlr-v999-lee24a,
  title = \t {{HaloCLR}: A Loss in $\\ell_2$},
  author =       {Lee, Min and III, Hal Daum\\'{e}},
  booktitle = \t {Proceedings of the 41st International Conference on Machine Learning},
  pages = \t {27000--27010},
  year = \t {2024},
  editor = \t {Salakhutdinov, Ruslan and Kolter, Zico},
  volume = \t {999},
  series = \t {Proceedings of Machine Learning Research},
  month = \t {21--27 Jul},
  publisher =    {PMLR},
  pdf = \t {https://raw.githubusercontent.com/mlresearch/v999/main/assets/lee24a/lee24a.pdf},
  url = \t {http://proceedings.mlr.press/v999/lee24a.html},
  abstract = \t {A long abstract with {braces}, 100% of them.}
}
"""
ACM = """@inproceedings{10.1145/1234567.7654321,
author = {Kim, Sun and Garc\\'{\\i}a, Ana},
title = {DeepRank: Metric Learning at Scale},
year = {2021},
isbn = {9781450300000},
publisher = {Association for Computing Machinery},
address = {New York, NY, USA},
url = {https://doi.org/10.1145/1234567.7654321},
doi = {10.1145/1234567.7654321},
abstract = {Short.},
booktitle = {Proceedings of the 29th ACM International Conference on Multimedia},
pages = {11\u201320},
numpages = {10},
keywords = {metric learning, retrieval},
location = {Virtual Event, China},
series = {MM '21}
}
"""
IEEE = """@ARTICLE{9999999,
  author={Y. {Tanaka} and Smith, John A.},
  journal={IEEE Transactions on Pattern Analysis and Machine Intelligence},
  title={FoldNet: Folding Embeddings},
  year={2020},
  volume={42},
  number={},
  pages={1-1},
  keywords={Training;Measurement;Task analysis;Training},
  doi={10.1109/TPAMI.2020.9999999}}
"""
SPRINGER = """@InProceedings{10.1007/978-3-030-00000-0_7,
author="Nguy{\\^e}n, V{\\u{a}}n
and Weiss, Eva",
editor="Vedaldi, Andrea",
title="QuadNet: Four Views",
booktitle="Computer Vision -- ECCV 2020",
year="2020",
publisher="Springer International Publishing",
address="Cham",
pages="101--118",
abstract="Four views.",
isbn="978-3-030-00000-0"
}
"""
ELSEVIER = """@article{WEI2022108000,
title = {Orbit: Learning & ranking},
journal = {Pattern Recognition},
volume = {130},
pages = {108000},
year = {2022},
issn = {0031-3203},
doi = {https://doi.org/10.1016/j.patcog.2022.108000},
url = {https://www.sciencedirect.com/science/article/pii/S0031320322000000},
author = {Li Wei and Mo Farah},
keywords = {Metric learning, Ranking},
abstract = {Orbits.}
}
"""
ARXIV = """@misc{novak2023whirl,
      title={WHIRL: Rotations as Views},
      author={Ji\u0159\u00ed Nov\u00e1k and Aya \u00d8stby},
      year={2023},
      eprint={2301.01234},
      archivePrefix={arXiv},
      primaryClass={cs.CV},
      url={https://arxiv.org/abs/2301.01234},
}
"""
DBLP = """@article{DBLP:journals/corr/abs-2302-04321,
  author       = {Wei Zhang 0007 and
                  Jean{-}Luc Picard},
  title        = {TideNet: Ebb and Flow of Embeddings},
  journal      = {CoRR},
  volume       = {abs/2302.04321},
  year         = {2023},
  url          = {https://doi.org/10.48550/arXiv.2302.04321},
  doi          = {10.48550/ARXIV.2302.04321},
  eprinttype    = {arXiv},
  eprint       = {2302.04321},
  timestamp    = {Mon, 13 Feb 2023 14:23:14 +0100},
  biburl       = {https://dblp.org/rec/journals/corr/abs-2302-04321.bib},
  bibsource    = {dblp computer science bibliography, https://dblp.org}
}
"""
# slug -> the entry, which introduces that name in its title.
ENTRIES = {
    "twinnet": CVF,
    "prism": OPENREVIEW,
    "mine": NEURIPS,
    "haloclr": PMLR,
    "deeprank": ACM,
    "foldnet": IEEE,
    "quadnet": SPRINGER,
    "orbit": ELSEVIER,
    "whirl": ARXIV,
    "tidenet": DBLP,
}
# What bib/ holds of each: everything that was said of the paper, in one layout.
NORMALISED = {
    "twinnet": """@InProceedings{Sato_2023_CVPR,
  title     = {TwinNet: Two Views Are Enough},
  author    = {Sato, Hanako and M\\"uller, J\\"org},
  booktitle = {Proceedings of the IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {101--110},
  year      = {2023},
  month     = {June}
}
""",
    "prism": """@InProceedings{doe2024prism,
  title     = {{PRISM}: Views with 50\\% \\& More},
  author    = {Doe, Jane Q. and van Beethoven, Ludwig and {Example Research}},
  booktitle = {The Twelfth International Conference on Learning Representations},
  year      = {2024},
  url       = {https://openreview.net/forum?id=AbC_dEf-1}
}
""",
    "mine": """@InProceedings{NEURIPS2022_0123abcd,
  title     = {Mirror Networks (MiNe)},
  author    = {Roe, Richard and Poe, Ada},
  booktitle = {Advances in Neural Information Processing Systems},
  pages     = {1--14},
  year      = {2022},
  editor    = {Koyejo, S. and Mohamed, S.},
  volume    = {35},
  publisher = {Curran Associates, Inc.},
  url       = {https://proceedings.neurips.cc/paper_files/paper/2022/file/0123abcd-Paper-Conference.pdf}
}
""",
    "haloclr": """@InProceedings{pmlr-v999-lee24a,
  title     = {{HaloCLR}: A Loss in $\\ell_2$},
  author    = {Lee, Min and III, Hal Daum\\'{e}},
  booktitle = {Proceedings of the 41st International Conference on Machine Learning},
  pages     = {27000--27010},
  year      = {2024},
  editor    = {Salakhutdinov, Ruslan and Kolter, Zico},
  volume    = {999},
  series    = {Proceedings of Machine Learning Research},
  month     = {21--27 Jul},
  publisher = {PMLR},
  pdf       = {https://raw.githubusercontent.com/mlresearch/v999/main/assets/lee24a/lee24a.pdf},
  url       = {http://proceedings.mlr.press/v999/lee24a.html}
}
""",
    "deeprank": """@InProceedings{10.1145/1234567.7654321,
  title     = {DeepRank: Metric Learning at Scale},
  author    = {Kim, Sun and Garc\\'{\\i}a, Ana},
  booktitle = {Proceedings of the 29th ACM International Conference on Multimedia},
  pages     = {11--20},
  year      = {2021},
  series    = {MM '21},
  venue     = {Virtual Event, China},
  address   = {New York, NY, USA},
  publisher = {Association for Computing Machinery},
  isbn      = {9781450300000},
  doi       = {10.1145/1234567.7654321}
}
""",
    "foldnet": """@Article{9999999,
  title     = {FoldNet: Folding Embeddings},
  author    = {Tanaka, Y. and Smith, John A.},
  journal   = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  pages     = {1--1},
  year      = {2020},
  volume    = {42},
  doi       = {10.1109/TPAMI.2020.9999999}
}
""",
    "quadnet": """@InProceedings{10.1007/978-3-030-00000-0_7,
  title     = {QuadNet: Four Views},
  author    = {Nguy{\\^e}n, V{\\u{a}}n and Weiss, Eva},
  booktitle = {Computer Vision -- ECCV 2020},
  pages     = {101--118},
  year      = {2020},
  editor    = {Vedaldi, Andrea},
  address   = {Cham},
  publisher = {Springer International Publishing},
  isbn      = {978-3-030-00000-0}
}
""",
    "orbit": """@Article{WEI2022108000,
  title     = {Orbit: Learning \\& ranking},
  author    = {Wei, Li and Farah, Mo},
  journal   = {Pattern Recognition},
  pages     = {108000},
  year      = {2022},
  volume    = {130},
  issn      = {0031-3203},
  doi       = {10.1016/j.patcog.2022.108000},
  url       = {https://www.sciencedirect.com/science/article/pii/S0031320322000000}
}
""",
    "whirl": """@Misc{novak2023whirl,
  title         = {WHIRL: Rotations as Views},
  author        = {Nov\u00e1k, Ji\u0159\u00ed and \u00d8stby, Aya},
  year          = {2023},
  eprint        = {2301.01234},
  archiveprefix = {arXiv},
  primaryclass  = {cs.CV},
  url           = {https://arxiv.org/abs/2301.01234}
}
""",
    "tidenet": """@Article{DBLP:journals/corr/abs-2302-04321,
  title         = {TideNet: Ebb and Flow of Embeddings},
  author        = {Zhang, Wei and Picard, Jean-Luc},
  journal       = {CoRR},
  year          = {2023},
  volume        = {abs/2302.04321},
  eprint        = {2302.04321},
  archiveprefix = {arXiv},
  doi           = {10.48550/ARXIV.2302.04321}
}
""",
}
