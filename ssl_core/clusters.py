"""Clusters of features: how well they agree with the classes, and cuts of a tree of merged clusters.

k-means and normalised mutual information (NMI) are scikit-learn's, as metric learning uses them (Song et al., CVPR
2016); hierarchical clustering is SciPy's, Ward's criterion (1963) on Euclidean coordinates.
"""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ssl_core.errors import SslCoreError

KMEANS_STARTS = 3
LARGEST = 20_000  # points of a tree: the distances of all pairs take N^2 / 2 * 8 bytes, 1.6 GB here
LINKAGES = ("ward", "average", "complete", "single")  # those whose cuts are nested: merges never get cheaper


class ClusterError(SslCoreError):
    """Points that cannot be clustered as asked, for instance too many of them."""


def nmi(labels_a: Tensor, labels_b: Tensor) -> float:
    """Return the normalised mutual information I(a; b) / ((H(a) + H(b)) / 2) of two labellings, in [0, 1].

    Both int64 (N,), on any device. What the labels are called does not matter.

    >>> nmi(torch.tensor([0, 0, 1, 1]), torch.tensor([7, 7, 3, 3]))
    1.0
    """
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(labels_a.cpu().numpy(), labels_b.cpu().numpy()))


def kmeans_nmi(features: Tensor, labels: Tensor, seed: int = 0) -> float:
    """Return the NMI of the labels, int64 (N,), with k-means clusters of the l2-normalised features (N, D).

    k is the number of classes among the labels; the best of `KMEANS_STARTS` starts counts.

    >>> kmeans_nmi(torch.tensor([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0]]), torch.tensor([5, 5, 2]))
    1.0
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    kmeans = KMeans(len(labels.unique()), n_init=KMEANS_STARTS, random_state=seed)
    with warnings.catch_warnings():
        # Collapsed features are fewer points than clusters: that is what NMI is to show, no mistake of the user.
        warnings.simplefilter("ignore", ConvergenceWarning)
        clusters = kmeans.fit_predict(functional.normalize(features.detach(), dim=1).cpu().numpy())
    return nmi(torch.from_numpy(clusters), labels)


def purity(clusters: Tensor, labels: Tensor) -> float:
    """Return the share of points that belong to the commonest class of their cluster; both int64 (N,).

    >>> purity(torch.tensor([0, 0, 0, 1]), torch.tensor([4, 4, 5, 5]))
    0.75
    """
    _, cluster = clusters.unique(return_inverse=True)
    _, label = labels.unique(return_inverse=True)
    table = torch.zeros(int(cluster.max()) + 1, int(label.max()) + 1, dtype=torch.int64, device=clusters.device)
    table.index_put_((cluster, label), torch.ones_like(cluster), accumulate=True)
    return table.amax(dim=1).sum().item() / len(clusters)


def tree(points: Tensor, linkage: str = "ward") -> NDArray[np.float64]:
    """Return SciPy's linkage matrix (N - 1, 4) of points (N, D), which scipy's `dendrogram` draws.

    Computed on the CPU in float64. Row i says which two clusters merge into cluster N + i, at which distance, and
    how many points it has.

    Raises:
        ClusterError: fewer than 2 points or more than `LARGEST`, values that are not finite, another linkage than
            one of `LINKAGES`.

    >>> tree(torch.tensor([[0.0], [1.0], [5.0]]), "single")
    array([[0., 1., 1., 2.],
           [2., 3., 4., 3.]])
    """
    from scipy.cluster import hierarchy

    if linkage not in LINKAGES:
        raise ClusterError(f"there is no linkage '{linkage}': choose one of {', '.join(LINKAGES)}")
    if not 2 <= len(points) <= LARGEST:
        raise ClusterError(f"{len(points)} points cannot become a tree: give from 2 to {LARGEST}, a part of the set")
    if not points.isfinite().all():
        raise ClusterError("the points of a tree hold NaN or infinity: look for a diverged network")
    merges: NDArray[np.float64] = hierarchy.linkage(points.detach().cpu().double().numpy(), method=linkage)
    return merges


def tree_cuts(points: Tensor, counts: Sequence[int], linkage: str = "ward") -> Tensor:
    """Return the clusters of each point at several depths of one tree, finest first.

    Args:
        points: (N, D) Euclidean coordinates.
        counts: numbers of clusters, decreasing; at most N.
        linkage: as in `tree`.

    Returns:
        int64 (N, len(counts)) on the device of the points; column j has labels 0 .. counts[j] - 1, fewer only
        where merges tie. Points together in a column are together in all columns after it.

    Raises:
        ClusterError: as `tree`, or counts that do not decrease or do not lie in 1 .. N.

    >>> tree_cuts(torch.tensor([[0.0], [1.0], [5.0], [7.0]]), counts=(3, 2, 1)).tolist()
    [[0, 0, 0], [0, 0, 0], [1, 1, 0], [2, 1, 0]]
    """
    from scipy.cluster import hierarchy

    decreasing = all(finer > coarser for finer, coarser in pairwise(counts))
    if not counts or not decreasing or counts[0] > len(points) or counts[-1] < 1:
        raise ClusterError(
            f"a tree of {len(points)} points cannot be cut into {list(counts)} clusters: "
            f"give decreasing numbers from {len(points)} to 1"
        )
    merges = tree(points, linkage)
    cuts = [hierarchy.fcluster(merges, count, criterion="maxclust") for count in counts]
    return torch.from_numpy(np.stack(cuts, axis=1).astype(np.int64) - 1).to(points.device)
