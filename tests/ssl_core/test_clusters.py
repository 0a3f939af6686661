"""What `ssl_core.clusters` promises: agreement of clusters with classes, and nested cuts of one tree."""

import math
import warnings

import pytest
import torch
from scipy.cluster import hierarchy
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor

from ssl_core import clusters
from ssl_core.clusters import ClusterError, kmeans_nmi, nmi, purity, tree, tree_cuts


def points(n: int, dim: int, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def labelling(n: int, classes: int, seed: int = 0) -> Tensor:
    return torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))


def entropy(*labels: Tensor) -> float:
    tuples = list(zip(*(each.tolist() for each in labels), strict=True))
    shares = [tuples.count(each) / len(tuples) for each in set(tuples)]
    return -sum(p * math.log(p) for p in shares)


def test_nmi_is_the_mutual_information_over_the_mean_entropy():
    a, b = labelling(200, 4), labelling(200, 3, seed=1)
    b[:100] = a[:100]
    naive = (entropy(a) + entropy(b) - entropy(a, b)) / ((entropy(a) + entropy(b)) / 2)
    assert nmi(a, b) == pytest.approx(naive)
    assert nmi(a, b) == pytest.approx(normalized_mutual_info_score(a, b))
    assert 0.1 < naive < 0.9


def test_nmi_does_not_look_at_the_names_of_clusters():
    a, b = labelling(200, 4), labelling(200, 4, seed=1)
    assert nmi(torch.tensor([40, 10, 30, 20])[a], b) == pytest.approx(nmi(a, b))
    assert nmi(torch.tensor([40, 10, 30, 20])[a], a) == pytest.approx(1)


def test_kmeans_finds_clusters_of_directions_whatever_their_lengths():
    labels = labelling(300, 5)
    lengths = torch.linspace(0.01, 100, 300)[:, None]
    x = (torch.eye(5)[labels] + 0.02 * points(300, 5)) * lengths
    assert kmeans_nmi(x, 7 * labels) == pytest.approx(1)
    assert kmeans_nmi(points(300, 5), labels) < 0.15


def test_kmeans_repeats_itself():
    x, labels = points(300, 5), labelling(300, 5)
    assert kmeans_nmi(x, labels) == kmeans_nmi(x, labels)


def test_kmeans_of_a_collapse_is_zero_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kmeans_nmi(torch.ones(30, 4), labelling(30, 3)) == pytest.approx(0)


def test_purity_equals_a_naive_loop():
    a, b = labelling(100, 6) * 3 + 2, labelling(100, 4, seed=1) * 5
    hits = 0
    for cluster in set(a.tolist()):
        members = b[a == cluster].tolist()
        hits += max(members.count(label) for label in members)
    assert purity(a, b) == pytest.approx(hits / 100)
    assert purity(torch.arange(100), b) == 1


@pytest.mark.parametrize("linkage", clusters.LINKAGES)
def test_cuts_are_nested_and_have_the_numbers_of_clusters_asked_for(linkage):
    cuts = tree_cuts(points(120, 3), (50, 17, 4, 1), linkage)
    assert cuts.shape == (120, 4)
    assert cuts.dtype == torch.int64
    for column, count in zip(cuts.T, (50, 17, 4, 1), strict=True):
        assert column.unique().tolist() == list(range(count))
    for finer, coarser in zip(cuts.T, cuts.T[1:], strict=False):
        for cluster in finer.unique():
            assert len(coarser[finer == cluster].unique()) == 1


def test_a_cut_finds_separate_groups():
    labels = labelling(60, 3)
    x = 10 * torch.eye(3)[labels] + points(60, 3)
    assert nmi(tree_cuts(x, (3,))[:, 0], labels) == pytest.approx(1)


def test_the_tree_is_wards_of_the_euclidean_coordinates_in_float64():
    x = points(40, 3)
    assert (tree(x) == hierarchy.linkage(x.double().numpy(), method="ward")).all()
    assert (tree(x.bfloat16()) == tree(x.bfloat16().double())).all()
    assert tree(x.requires_grad_()).shape == (39, 4)


@pytest.mark.parametrize("counts", [(), (5, 5), (3, 5), (11,), (5, 0)])
def test_counts_that_do_not_decrease_or_do_not_fit_are_told(counts):
    with pytest.raises(ClusterError, match="give decreasing numbers from 10 to 1"):
        tree_cuts(points(10, 2), counts)


def test_too_many_points_are_told(monkeypatch):
    monkeypatch.setattr(clusters, "LARGEST", 9)
    assert tree_cuts(points(9, 2), (2,)).shape == (9, 1)
    with pytest.raises(ClusterError, match="10 points cannot become a tree: give from 2 to 9"):
        tree_cuts(points(10, 2), (2,))


def test_other_linkages_and_diverged_points_are_told():
    with pytest.raises(ClusterError, match="there is no linkage 'centroid': choose one of ward"):
        tree(points(10, 2), "centroid")
    with pytest.raises(ClusterError, match="NaN or infinity"):
        tree(torch.full((3, 2), math.nan))
