"""One evaluator for every method: what frozen features are worth.

The weighted k-nearest-neighbour classifier is that of Wu et al. (CVPR 2018) as used by MoCo's CIFAR demo and
lightly: cosine similarity, k = 200, votes weighted by exp(similarity / 0.1), the whole training set without
augmentation as memory. The linear probe is multinomial logistic regression on frozen, standardised features,
fitted with L-BFGS as in SimCLR's Appendix B.8. The encoder is in inference mode, images are not augmented.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError

KNN_K = 200
KNN_TEMPERATURE = 0.1
LINEAR_WEIGHT_DECAY = 1e-4
LINEAR_ITERATIONS = 100
MONITOR_MEMORY, MONITOR_QUERIES = 5000, 1000  # what kNN is followed on from epoch to epoch


class EvaluationError(SslCoreError):
    """Features that cannot be evaluated, for instance fewer memory items than neighbours."""


@torch.no_grad()
def features(network: nn.Module, images: Tensor, batch_size: int = 1000) -> Tensor:
    """Return network(images) for uint8 images (N, 3, H, W) as float32 (N, D), in inference mode.

    The network's mode is restored. Computed in float32, whatever precision the run trains in.
    """
    was_training = network.training
    device = next(network.parameters()).device
    network.eval()
    try:
        parts = [
            network((batch.to(device).float() / 255).contiguous(memory_format=torch.channels_last))
            for batch in images.split(batch_size)
        ]
    finally:
        network.train(was_training)
    return torch.cat(parts)


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


@torch.no_grad()
def feature_std(features: Tensor) -> float:
    """Return the mean over dimensions of the standard deviation of the l2-normalised features (N, D).

    Spread evenly over the sphere gives 1 / sqrt(D); 0 means that all inputs map to one point, a collapse
    (SimSiam, §4.1).

    >>> feature_std(torch.ones(5, 4))
    0.0
    """
    return functional.normalize(features, dim=1).std(dim=0, correction=0).mean().item()


def knn(encoder: nn.Module, data: Dataset) -> float:
    """Return the kNN accuracy of h on the whole test set, with the whole training set as memory."""
    h_train, h_test = features(encoder, data.train_images), features(encoder, data.test_images)
    return knn_accuracy(h_train, data.train_labels.to(h_train.device), h_test, data.test_labels.to(h_train.device))


def evaluate(encoder: nn.Module, projector: nn.Module | None, data: Dataset) -> dict[str, Any]:
    """Return the figures of run.json's `results`: kNN and linear probe on h (and z), Recall@1, feature spread.

    Args:
        encoder: images -> h. projector: h -> z, or None for an encoder alone.
        data: its training images are kNN's memory and the probe's training set.
    """
    h_train, h_test = features(encoder, data.train_images), features(encoder, data.test_images)
    train_labels, test_labels = data.train_labels.to(h_train.device), data.test_labels.to(h_train.device)
    results: dict[str, Any] = {
        "knn": knn_accuracy(h_train, train_labels, h_test, test_labels),
        "linear": linear_probe(h_train, train_labels, h_test, test_labels),
        "recall_at_1": recall_at_k(h_test, test_labels, ks=(1,))[1],
        "feature_std": feature_std(h_test),
    }
    if projector is not None:
        was_training = projector.training
        projector.eval()
        with torch.no_grad():
            z_train, z_test = projector(h_train), projector(h_test)
        projector.train(was_training)
        results["knn_z"] = knn_accuracy(z_train, train_labels, z_test, test_labels)
        results["linear_z"] = linear_probe(z_train, train_labels, z_test, test_labels)
    return results


def protocol(data: Dataset) -> dict[str, str]:
    """Return a sentence for each figure of `evaluate`, to stand beside it wherever it is shown."""
    knn = f"k = {KNN_K}, temperature {KNN_TEMPERATURE}, cosine, memory: {len(data.train_images)} training images"
    linear = f"logistic regression, L-BFGS, {LINEAR_ITERATIONS} iterations, weight decay {LINEAR_WEIGHT_DECAY}"
    return {
        "knn": f"{knn}, features h",
        "knn_untrained": f"{knn}, features h of the encoder before training",
        "knn_z": f"{knn}, features z",
        "linear": f"{linear}, standardised frozen features h",
        "linear_z": f"{linear}, standardised frozen features z",
        "recall_at_1": "nearest other test image by cosine has the same class, features h",
        "feature_std": "mean standard deviation of l2-normalised h over the test images",
        "knn_monitor": f"k = {KNN_K}, temperature {KNN_TEMPERATURE}, cosine, features h, memory: "
        f"{MONITOR_MEMORY} training images at most, {MONITOR_QUERIES} test images at most",
        "epoch": "last epoch; no figure is chosen on the test set",
    }
