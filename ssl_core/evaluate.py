"""One evaluator for every method: what frozen features are worth.

The weighted k-nearest-neighbour classifier is that of Wu et al. (CVPR 2018) as used by MoCo's CIFAR demo and
lightly: cosine similarity, k = 200, votes weighted by exp(similarity / 0.1), the whole training set without
augmentation as memory. The linear probe is multinomial logistic regression on frozen, standardised features,
fitted with L-BFGS as in SimCLR's Appendix B.8. The encoder is in inference mode, images are not augmented.
Clusters, spread and few-label fine-tuning stand in `ssl_core.clusters`, `spread` and `few_labels`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.augment import Recipe, two_views
from ssl_core.clusters import KMEANS_STARTS, kmeans_nmi
from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError
from ssl_core.features import features, inference
from ssl_core.few_labels import few_labels_accuracy, few_labels_protocol
from ssl_core.spread import alignment, effective_rank, feature_std, uniformity

__all__ = [
    "KNN_K",
    "KNN_TEMPERATURE",
    "MONITOR_MEMORY",
    "MONITOR_QUERIES",
    "EvaluationError",
    "confusion",
    "evaluate",
    "feature_std",
    "features",
    "knn",
    "knn_accuracy",
    "knn_predict",
    "linear_probe",
    "protocol",
    "recall_at_k",
    "two_view_features",
]

KNN_K = 200
KNN_TEMPERATURE = 0.1
LINEAR_WEIGHT_DECAY = 1e-4
LINEAR_ITERATIONS = 100
ALIGNMENT_IMAGES, ALIGNMENT_SEED = 2000, 0
MONITOR_MEMORY, MONITOR_QUERIES = 5000, 1000  # what kNN is followed on from epoch to epoch


class EvaluationError(SslCoreError):
    """Features that cannot be evaluated, for instance fewer memory items than neighbours."""


@torch.no_grad()
def knn_predict(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    k: int = KNN_K,
    temperature: float = KNN_TEMPERATURE,
) -> Tensor:
    """Return the class, (M,), that the k nearest of train_features (N, D) give each of test_features (M, D).

    The neighbours' votes are weighted by exp(cosine similarity / temperature).
    """
    if k > len(train_features):
        raise EvaluationError(
            f"kNN needs at least k = {k} training images, there are {len(train_features)}: use more, or a smaller k"
        )
    memory = functional.normalize(train_features, dim=1)
    classes = int(train_labels.max()) + 1
    predictions = []
    for queries in functional.normalize(test_features, dim=1).split(500):
        similarity, neighbours = (queries @ memory.T).topk(k, dim=1)
        votes = queries.new_zeros(len(queries), classes)
        votes.scatter_add_(1, train_labels[neighbours], ((similarity - 1) / temperature).exp())
        predictions.append(votes.argmax(dim=1))
    return torch.cat(predictions)


def knn_accuracy(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    k: int = KNN_K,
    temperature: float = KNN_TEMPERATURE,
) -> float:
    """Return the share of test features that weighted kNN classifies right, in [0, 1].

    Args:
        train_features, train_labels: the memory, (N, D) of any length and int64 (N,).
        test_features, test_labels: the queries, (M, D) and int64 (M,).
        k: neighbours that vote.
        temperature: of the votes' weights exp(cosine / temperature).

    Raises:
        EvaluationError: when k is larger than N.

    >>> memory = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    >>> knn_accuracy(memory, torch.tensor([0, 0, 1]), memory, torch.tensor([0, 0, 1]), k=1)
    1.0
    """
    predicted = knn_predict(train_features, train_labels, test_features, k, temperature)
    return (predicted == test_labels).float().mean().item()


def linear_probe(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    weight_decay: float = LINEAR_WEIGHT_DECAY,
    iterations: int = LINEAR_ITERATIONS,
) -> float:
    """Return the test accuracy, in [0, 1], of logistic regression on frozen features.

    Features (N, D) and (M, D) are standardised with the training features' mean and standard deviation. The
    objective, mean cross entropy + weight_decay / 2 * |W|^2, is convex and starts at W = 0, so the result
    depends on no seed and no learning rate.

    >>> x = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
    >>> linear_probe(x, torch.tensor([0, 0, 1, 1]), x, torch.tensor([0, 0, 1, 1]))
    1.0
    """
    mean, std = train_features.mean(dim=0), train_features.std(dim=0).clamp_min(1e-6)
    x = (train_features - mean) / std
    classes = int(train_labels.max()) + 1
    weight = x.new_zeros(classes, x.shape[1], requires_grad=True)
    bias = x.new_zeros(classes, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=iterations, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        solver.zero_grad()
        loss = functional.cross_entropy(functional.linear(x, weight, bias), train_labels)
        loss = loss + weight_decay / 2 * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        solver.step(objective)
    with torch.no_grad():
        predicted = functional.linear((test_features - mean) / std, weight, bias).argmax(dim=1)
    return (predicted == test_labels).float().mean().item()


@torch.no_grad()
def recall_at_k(features: Tensor, labels: Tensor, ks: Sequence[int] = (1, 2, 4, 8)) -> dict[int, float]:
    """Return for each k the share of images with a same-class image among their k nearest others.

    Metric learning's Recall@k (Jégou et al., 2011): a hit rate over the set itself, by cosine similarity.
    features (N, D), labels int64 (N,).

    >>> recall_at_k(torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), torch.tensor([0, 0, 1]), ks=(1,))
    {1: 0.6666666865348816}
    """
    z = functional.normalize(features, dim=1)
    hits = []
    for start in range(0, len(z), 500):
        rows = torch.arange(start, min(start + 500, len(z)), device=z.device)
        similarity = z[rows] @ z.T
        similarity[torch.arange(len(rows), device=z.device), rows] = float("-inf")
        neighbours = similarity.topk(min(max(ks), len(z) - 1), dim=1).indices
        hits.append(labels[neighbours] == labels[rows, None])
    hit = torch.cat(hits)
    return {k: hit[:, :k].any(dim=1).float().mean().item() for k in ks}


def knn(encoder: nn.Module, data: Dataset) -> float:
    """Return the kNN accuracy of h on the whole test set, with the whole training set as memory."""
    h_train, h_test = features(encoder, data.train_images), features(encoder, data.test_images)
    return knn_accuracy(h_train, data.train_labels.to(h_train.device), h_test, data.test_labels.to(h_train.device))


def confusion(labels: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """Return how many images of each class (rows) were taken for each (columns), int64 (classes, classes).

    >>> confusion(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), classes=2)
    tensor([[1, 1],
            [0, 1]])
    """
    return torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)


def two_view_features(encoder: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return h, (N, D) each, of two views of uint8 images (N, 3, H, W), always the same views on one device."""
    device = next(encoder.parameters()).device
    generator = torch.Generator(device).manual_seed(ALIGNMENT_SEED)
    pairs = []
    for batch in images.split(500):
        views, _ = two_views(batch.to(device), Recipe(), generator)
        with inference(encoder):
            pairs.append(encoder(views.contiguous(memory_format=torch.channels_last)).chunk(2))
    first, second = zip(*pairs, strict=True)
    return torch.cat(first), torch.cat(second)


def evaluate(encoder: nn.Module, projector: nn.Module | None, data: Dataset) -> dict[str, Any]:
    """Return run.json's `results`: the figures that `protocol` explains, and two tables of the kNN classifier.

    In float32 on the encoder's device; networks and global generators stay as they are.

    Args:
        encoder: images -> h. projector: h -> z, or None for an encoder alone, which has no figures of z.
        data: its training images are kNN's memory and the probe's training set.

    Returns:
        Floats, except `per_class`, which maps the names of the classes that have test images to accuracies, and
        `confusion`, rows of counts (classes, classes).

    Raises:
        EvaluationError: fewer than `KNN_K` training images.
        FewLabelsError: a class without training images.
    """
    with torch.autocast(next(encoder.parameters()).device.type, enabled=False):
        h_train, h_test = features(encoder, data.train_images), features(encoder, data.test_images)
        train_labels, test_labels = data.train_labels.to(h_train.device), data.test_labels.to(h_train.device)
        predicted = knn_predict(h_train, train_labels, h_test)
        recall = recall_at_k(h_test, test_labels)
        results: dict[str, Any] = {
            "knn": (predicted == test_labels).float().mean().item(),
            "linear": linear_probe(h_train, train_labels, h_test, test_labels),
            **{f"recall_at_{k}": share for k, share in recall.items()},
            "nmi": kmeans_nmi(h_test, test_labels),
            "feature_std": feature_std(h_test),
            "effective_rank": effective_rank(h_test),
            "alignment": alignment(*two_view_features(encoder, data.test_images[:ALIGNMENT_IMAGES])),
            "uniformity": uniformity(h_test),
        }
        if projector is not None:
            with inference(projector):
                z_train, z_test = projector(h_train), projector(h_test)
            results["knn_z"] = knn_accuracy(z_train, train_labels, z_test, test_labels)
            results["linear_z"] = linear_probe(z_train, train_labels, z_test, test_labels)
            results["recall_at_1_z"] = recall_at_k(z_test, test_labels, ks=(1,))[1]
            results["feature_std_z"] = feature_std(z_test)
            results["effective_rank_z"] = effective_rank(z_test)
        results["few_labels_1"] = few_labels_accuracy(encoder, data, 0.01)
        results["few_labels_10"] = few_labels_accuracy(encoder, data, 0.1)
    table = confusion(test_labels, predicted, len(data.classes)).tolist()
    results["per_class"] = {
        name: row[i] / sum(row) for i, (name, row) in enumerate(zip(data.classes, table, strict=True)) if sum(row)
    }
    results["confusion"] = table
    return results


def protocol(data: Dataset) -> dict[str, str]:
    """Return a sentence for each figure and table of `evaluate`, to stand beside it wherever it is shown."""
    knn = f"k = {KNN_K}, temperature {KNN_TEMPERATURE}, cosine, memory: {len(data.train_images)} training images"
    linear = f"logistic regression, L-BFGS, {LINEAR_ITERATIONS} iterations, weight decay {LINEAR_WEIGHT_DECAY}"
    std = "mean standard deviation of l2-normalised {} over the test images"
    rank = "exp of the entropy of the normalised singular values of l2-normalised, centred {} of the test images"
    recall = {
        f"recall_at_{k}": f"one of the {k} nearest other test images by cosine has the same class, features h"
        for k in (2, 4, 8)
    }
    return {
        "knn": f"{knn}, features h",
        "knn_untrained": f"{knn}, features h of the encoder before training",
        "knn_z": f"{knn}, features z",
        "linear": f"{linear}, standardised frozen features h",
        "linear_z": f"{linear}, standardised frozen features z",
        "recall_at_1": "nearest other test image by cosine has the same class, features h",
        **recall,
        "recall_at_1_z": "nearest other test image by cosine has the same class, features z",
        "nmi": "normalised mutual information of the classes and as many k-means clusters of l2-normalised h of the "
        f"test images, best of {KMEANS_STARTS} starts",
        "feature_std": std.format("h"),
        "feature_std_z": std.format("z"),
        "effective_rank": rank.format("h"),
        "effective_rank_z": rank.format("z"),
        "alignment": "mean squared distance of l2-normalised h of two SimCLR views (CIFAR-10 recipe) of the same "
        f"image, {min(ALIGNMENT_IMAGES, len(data.test_images))} test images",
        "uniformity": "log of the mean of exp(-2 * squared distance) over all pairs of test images, l2-normalised h",
        "few_labels_1": few_labels_protocol(data, 0.01),
        "few_labels_10": few_labels_protocol(data, 0.1),
        "per_class": "share of each class's test images that the kNN classifier of `knn` gets right",
        "confusion": "test images of each class (rows) by the class that the kNN classifier of `knn` gives (columns)",
        "knn_monitor": f"k = {KNN_K}, temperature {KNN_TEMPERATURE}, cosine, features h, memory: "
        f"{MONITOR_MEMORY} training images at most, {MONITOR_QUERIES} test images at most",
        "epoch": "last epoch; no figure is chosen on the test set",
    }
