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
MDPI = """@Article{app13010001,
AUTHOR = {Kov\\'acs, Anna and Lee, Min},
TITLE = {DriftNet: Metrics That Move},
JOURNAL = {Applied Sciences},
VOLUME = {13},
YEAR = {2023},
NUMBER = {1},
ARTICLE-NUMBER = {1},
URL = {https://www.mdpi.com/2076-3417/13/1/1},
ISSN = {2076-3417},
ABSTRACT = {Drift.},
DOI = {10.3390/app13010001}
}
"""
ADS = """@ARTICLE{2022arXiv220100001P,
       author = {{Petrov}, Ivan and {de Haan}, Jan},
        title = "{GyroCL: Contrast in Rotation}",
      journal = {arXiv e-prints},
     keywords = {Computer Science - Machine Learning, Statistics - Machine Learning},
         year = 2022,
        month = jan,
          eid = {arXiv:2201.00001},
        pages = {arXiv:2201.00001},
          doi = {10.48550/arXiv.2201.00001},
archivePrefix = {arXiv},
       eprint = {2201.00001},
 primaryClass = {cs.LG},
       adsurl = {https://ui.adsabs.harvard.edu/abs/2022arXiv220100001P},
      adsnote = {Provided by the SAO/NASA Astrophysics Data System}
}
"""
OJS = """@article{Mori_2021, title={LatticeCL: Order in Embeddings}, volume={35},
url={https://ojs.aaai.org/index.php/AAAI/article/view/17000}, DOI={10.1609/aaai.v35i9.17000},
abstractNote={&lt;p&gt;Order.&lt;/p&gt;}, number={9},
journal={Proceedings of the AAAI Conference on Artificial Intelligence},
author={Mori, Ken and Silva, Jo&atilde;o}, year={2021}, month={May}, pages={8000-8008} }
"""
SCOPUS = """@ARTICLE{Rossi2020100,
\tauthor = {Rossi, Carlo and Bianchi, Lucia},
\ttitle = {PivotRank: Ranking &amp; metrics},
\tyear = {2020},
\tjournal = {Pattern Recognition Letters},
\tvolume = {131},
\tpages = {100 \u2013 107},
\tdoi = {10.1016/j.patrec.2020.00001},
\turl = {https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.1016%2fj.patrec.2020.00001&partnerID=40},
\ttype = {Article},
\tpublication_stage = {Final},
\tsource = {Scopus},
\tnote = {Cited by: 3}
}
"""
WOS = """@article{ WOS:000600000000001,
Author = {Ito, Aki and Weber, Karl},
Title = {{KernelMix: Mixing Views}},
Journal = {{NEURAL NETWORKS}},
Year = {{2021}},
Volume = {{133}},
Pages = {{1-12}},
Month = {{JAN}},
DOI = {{10.1016/j.neunet.2020.00001}},
ISSN = {{0893-6080}},
EISSN = {{1879-2782}},
Keywords-Plus = {{MODELS}},
ResearcherID-Numbers = {{Ito, Aki/A-0000-0000}},
Unique-ID = {{WOS:000600000000001}},
}
"""
CINII = """@article{1520000000000000000,
author="\u5c71\u7530, \u592a\u90ce and \u4f50\u85e4\uff0c\u82b1\u5b50",
title="WaveCL\uff1a\u97f3\u58f0\u306e\u5bfe\u7167\u5b66\u7fd2",
journal="\u4eba\u5de5\u77e5\u80fd\u5b66\u4f1a\u8ad6\u6587\u8a8c",
ISSN="13460714",
year="\uff12\uff10\uff12\uff11",
month="7\u6708",
volume="36",
number="4",
pages="A-K83_1-10",
yomi="\u30e4\u30de\u30c0, \u30bf\u30ed\u30a6"
}
"""
PUBMED = """@article{PMID:33000000,
  author = {Garcia, Maria and O'Neil, Sean},
  title = {CellCLR: Contrast in <i>E. coli</i> at 5&#x0025; CO<sub>2</sub>},
  journal = {Bioinformatics},
  date = {2020-11-03},
  volume = {36},
  pages = {2-1-2-10},
  PMID = {33000000},
  PMCID = {PMC7000000},
  doi = {doi: 10.1093/bioinformatics/btaa001}
}
"""
CROSSREF = """@article{Okafor_2021, title={FluxSim: Views in Flow}, url={http://dx.doi.org/10.1109/CVPR00000.2021.00001},
DOI={10.1109/cvpr00000.2021.00001},
booktitle={2021 IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
publisher={IEEE}, author={Okafor, Ada and Lind, Per}, year={2021}, month=jun }
"""
MENDELEY = """@inproceedings{Haas2020,
archivePrefix = {arXiv},
arxivId = {2001.00001},
author = {Haas, Eva},
booktitle = {Computer Vision {\\textendash} ECCV 2020},
doi = {10.1007/978-3-030-58548-8{\\_}45},
eprint = {2001.00001},
title = {{RidgeNet: Views on {\\$}{\\$}{\\backslash}mathbb {\\{}R{\\}}^n{\\$}{\\$}}},
url = {http://a.example.org/c{\\_}d{\\%}20e{\\~{}}f},
year = {2020}
}
"""
JSTAGE = """@article{\u5c71\u7530 \u592a\u90ce2021,
  title={TideCL: Tides},
  author={\u5c71\u7530, \u592a\u90ce},
  journal={\u4eba\u5de5\u77e5\u80fd\u5b66\u4f1a\u8ad6\u6587\u8a8c},
  volume={36},
  year={2021},
  doi={https://www.doi.org/10.1527/tjsai.36-4_A-K84}
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
    "driftnet": MDPI,
    "gyrocl": ADS,
    "latticecl": OJS,
    "pivotrank": SCOPUS,
    "kernelmix": WOS,
    "wavecl": CINII,
    "cellclr": PUBMED,
    "fluxsim": CROSSREF,
    "ridgenet": MENDELEY,
    "tidecl": JSTAGE,
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
    "driftnet": """@Article{app13010001,
  title     = {DriftNet: Metrics That Move},
  author    = {Kov\\'acs, Anna and Lee, Min},
  journal   = {Applied Sciences},
  eid       = {1},
  year      = {2023},
  volume    = {13},
  number    = {1},
  issn      = {2076-3417},
  doi       = {10.3390/app13010001},
  url       = {https://www.mdpi.com/2076-3417/13/1/1}
}
""",
    "gyrocl": """@Article{2022arXiv220100001P,
  title         = {GyroCL: Contrast in Rotation},
  author        = {{Petrov}, Ivan and {de Haan}, Jan},
  journal       = {arXiv e-prints},
  pages         = {arXiv:2201.00001},
  eid           = {arXiv:2201.00001},
  year          = {2022},
  month         = {January},
  eprint        = {2201.00001},
  archiveprefix = {arXiv},
  primaryclass  = {cs.LG},
  doi           = {10.48550/arXiv.2201.00001}
}
""",
    "latticecl": """@Article{Mori_2021,
  title     = {LatticeCL: Order in Embeddings},
  author    = {Mori, Ken and Silva, João},
  journal   = {Proceedings of the AAAI Conference on Artificial Intelligence},
  pages     = {8000--8008},
  year      = {2021},
  volume    = {35},
  number    = {9},
  month     = {May},
  doi       = {10.1609/aaai.v35i9.17000},
  url       = {https://ojs.aaai.org/index.php/AAAI/article/view/17000}
}
""",
    "pivotrank": """@Article{Rossi2020100,
  title     = {PivotRank: Ranking \\& metrics},
  author    = {Rossi, Carlo and Bianchi, Lucia},
  journal   = {Pattern Recognition Letters},
  pages     = {100--107},
  year      = {2020},
  volume    = {131},
  type      = {Article},
  doi       = {10.1016/j.patrec.2020.00001},
  url       = {https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.1016%2fj.patrec.2020.00001&partnerID=40},
  note      = {Cited by: 3}
}
""",
    "kernelmix": """@Article{WOS:000600000000001,
  title     = {KernelMix: Mixing Views},
  author    = {Ito, Aki and Weber, Karl},
  journal   = {NEURAL NETWORKS},
  pages     = {1--12},
  year      = {2021},
  volume    = {133},
  month     = {January},
  issn      = {0893-6080},
  doi       = {10.1016/j.neunet.2020.00001}
}
""",
    "wavecl": """@Article{1520000000000000000,
  title     = {WaveCL：音声の対照学習},
  author    = {山田, 太郎 and 佐藤, 花子},
  journal   = {人工知能学会論文誌},
  pages     = {A-K83_1-10},
  year      = {2021},
  volume    = {36},
  number    = {4},
  month     = {July},
  issn      = {13460714}
}
""",
    "cellclr": """@Article{PMID:33000000,
  title     = {CellCLR: Contrast in \\emph{E. coli} at 5\\% CO$_{2}$},
  author    = {Garcia, Maria and O'Neil, Sean},
  journal   = {Bioinformatics},
  pages     = {2-1-2-10},
  year      = {2020},
  volume    = {36},
  month     = {3 November},
  doi       = {10.1093/bioinformatics/btaa001}
}
""",
    "fluxsim": """@InProceedings{Okafor_2021,
  title     = {FluxSim: Views in Flow},
  author    = {Okafor, Ada and Lind, Per},
  booktitle = {2021 IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2021},
  month     = {June},
  publisher = {IEEE},
  doi       = {10.1109/cvpr00000.2021.00001}
}
""",
    "ridgenet": """@InProceedings{Haas2020,
  title         = {RidgeNet: Views on $\\mathbb {R}^n$},
  author        = {Haas, Eva},
  booktitle     = {Computer Vision {\\textendash} ECCV 2020},
  year          = {2020},
  eprint        = {2001.00001},
  archiveprefix = {arXiv},
  doi           = {10.1007/978-3-030-58548-8_45},
  url           = {http://a.example.org/c_d%20e~f}
}
""",
    "tidecl": """@Article{山田太郎2021,
  title     = {TideCL: Tides},
  author    = {山田, 太郎},
  journal   = {人工知能学会論文誌},
  year      = {2021},
  volume    = {36},
  doi       = {10.1527/tjsai.36-4_A-K84}
}
""",
}
