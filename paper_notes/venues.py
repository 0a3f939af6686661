"""The short names under which a reading list knows venues, so that one venue is one value of its filter."""

import re

from paper_notes.identifiers import host_of

# The first phrase found in the full name wins: NAACL is named before ACL, whose name it contains.
SHORT_VENUES = (
    ("Conference on Computer Vision and Pattern Recognition", "CVPR"),
    ("International Conference on Computer Vision", "ICCV"),
    ("European Conference on Computer Vision", "ECCV"),
    ("Winter Conference on Applications of Computer Vision", "WACV"),
    ("British Machine Vision Conference", "BMVC"),
    ("Neural Information Processing Systems", "NeurIPS"),
    ("International Conference on Machine Learning", "ICML"),
    ("International Conference on Learning Representations", "ICLR"),
    ("AAAI Conference on Artificial Intelligence", "AAAI"),
    ("International Joint Conference on Artificial Intelligence", "IJCAI"),
    ("Empirical Methods in Natural Language Processing", "EMNLP"),
    ("North American Chapter of the Association for Computational Linguistics", "NAACL"),
    ("European Chapter of the Association for Computational Linguistics", "EACL"),
    ("Transactions of the Association for Computational Linguistics", "TACL"),
    ("Findings of the Association for Computational Linguistics", "ACL Findings"),
    ("Association for Computational Linguistics", "ACL"),
    ("Pacific-Asia Conference on Knowledge Discovery", "PAKDD"),
    ("Machine Learning and Knowledge Discovery in Databases", "ECML PKDD"),
    ("Knowledge Discovery and Data Mining", "KDD"),
    ("Knowledge Discovery & Data Mining", "KDD"),
    ("International Journal of Computer Vision", "IJCV"),
    ("Int. J. Comput. Vis.", "IJCV"),
    ("Transactions on Machine Learning Research", "TMLR"),
    ("Trans. Mach. Learn. Res.", "TMLR"),
    ("Journal of Machine Learning Research", "JMLR"),
    ("J. Mach. Learn. Res.", "JMLR"),
    ("Transactions on Pattern Analysis and Machine Intelligence", "TPAMI"),
    ("Trans. Pattern Anal. Mach. Intell.", "TPAMI"),
)
ACRONYM = re.compile(rf"\b({'|'.join(dict.fromkeys(short for _, short in SHORT_VENUES))})\b")
ARXIV = re.compile(r"(?:arxiv|corr)\b", re.IGNORECASE)


def short_venue(venue: str) -> str:
    """Give the name by which a venue is known.

    >>> short_venue("Proceedings of the 37th International Conference on Machine Learning")
    'ICML'
    >>> short_venue("Computer Vision – ECCV 2020"), short_venue("arXiv preprint arXiv:2002.05709")
    ('ECCV', 'arXiv')
    >>> short_venue("ACM Conference on Recommender Systems (RECSYS)"), short_venue("https://example.org/blog/a")
    ('RECSYS', 'example.org')
    """
    for phrase, short in SHORT_VENUES:
        if phrase.lower() in venue.lower():
            return short
    if ARXIV.match(venue):
        return "arXiv"
    if found := ACRONYM.search(venue) or re.search(r"\(([A-Z]{3,8})\)", venue):
        return found[1]
    return host_of(venue) or venue
