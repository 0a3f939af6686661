"""UHML beside flat k-means pseudo-labels with a binary loss, and on classes that training has not seen.

- `kmeans`: the flat baseline of the official code, k-means clusters as labels and an ordinary pair loss, here the
  contrastive loss (Hadsell et al., CVPR 2006), in place of tree and log-ratio loss. Margin and equal weight of both
  kinds of pairs are ours, and nothing was tuned for it.
- `unseen-...`: metric learning's own protocol, disjoint classes: trained on the images of the first five classes,
  measured on the test images of the other five.
"""

from dataclasses import replace

import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional

from ssl_core import evaluate
from ssl_core.clusters import KMEANS_STARTS, kmeans_nmi, nmi, purity
from ssl_core.data import DataError, Dataset, make
from ssl_core.distributed import gather
from ssl_core.features import features, inference
from ssl_core.log_ratio import mean_by_depth
from ssl_core.loss_inputs import at_least_float32
from ssl_core.methods import uhml
from ssl_core.methods.base import Method
from ssl_core.study import Study, accuracies

MARGIN = 1.0
SEEN = 5  # classes to train on; the others are left for the measurement


def contrastive(z: Tensor, labels: Tensor, margin: float = MARGIN) -> Tensor:
    """Return the contrastive loss of all pairs, d^2 where labels agree and max(0, margin - d)^2 where they differ.

    d is the distance of l2-normalised z (B, D); labels int64 (B,). Pairs of either kind weigh the same as a whole.

    >>> contrastive(torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([0, 0]))
    tensor(2.)
    """
    z = functional.normalize(at_least_float32(z), dim=1)
    with torch.autocast(z.device.type, enabled=False):
        squared = (2 - 2 * z @ z.T).clamp_min(1e-12)  # the root has no slope at 0
    same = labels[:, None] == labels[None, :]
    positive = same & ~torch.eye(len(z), dtype=torch.bool, device=z.device)
    pulled = (squared * positive).sum() / positive.sum().clamp_min(1)
    pushed = ((margin - squared.sqrt()).clamp_min(0).square() * ~same).sum() / (~same).sum().clamp_min(1)
    return pulled + pushed


class KMeansLabels(uhml.UHML):
    """UHML with k-means clusters in place of the tree, and the contrastive loss in place of the log-ratio loss."""

    def cluster(self, images: Tensor, classes: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the clusters of images (N, 3, H, W) uint8, int64 (N, 1) on the CPU, and figures about them."""
        z = functional.normalize(features(nn.Sequential(self.encoder, self.projector), images).cpu(), dim=1)
        found = KMeans(self.counts[0], n_init=KMEANS_STARTS, random_state=0).fit_predict(z.numpy())
        labels, classes = torch.from_numpy(found).long()[:, None], classes.cpu()
        figures = {"kmeans_nmi": nmi(labels[:, 0], classes), "kmeans_purity": purity(labels[:, 0], classes)}
        z = z[: uhml.MEASURED]
        mean = mean_by_depth(z @ z.T, labels[: uhml.MEASURED])
        if len(mean) == 2:
            figures["similarity_1"] = mean[1] / mean[0]
        return labels, figures

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the contrastive loss of views (B, 3, H, W) with clusters (B, 1)."""
        views, labels = inputs
        return contrastive(gather(self.projector(self.encoder(views))), labels[:, 0]), {}

    def protocol(self) -> dict[str, str]:
        """Return a sentence for each figure of `results`."""
        clusters = f"{self.counts[0]} k-means clusters of z of at most {self.settings.cluster_images} training images"
        return {
            "kmeans_nmi": f"NMI of {clusters} with the classes",
            "kmeans_purity": f"share of images of the commonest class of their cluster, {clusters}",
            "similarity_1": f"mean inner product of z across clusters relative to that within, {clusters}",
        }


def seen(data: Dataset) -> Dataset:
    """Return the images of the first classes, of training and of test; DataError where no other class is left."""
    if len(data.classes) <= SEEN:
        raise DataError(
            f"{data.name} has {len(data.classes)} classes: those after the first {SEEN} are the unseen, use more"
        )
    train, test = data.train_labels < SEEN, data.test_labels < SEEN
    return make(
        data.name,
        data.train_images[train],
        data.train_labels[train],
        data.test_images[test],
        data.test_labels[test],
        data.classes[:SEEN],
    )


def retrieval(method: Method, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Return Recall@k and NMI of h, and of z, on images (N, 3, H, W) uint8 with labels (N,)."""
    h = features(method.encoder, images)
    with inference(method.projector):
        z = method.projector(h)
    found = {f"recall_at_{k}": share for k, share in evaluate.recall_at_k(h, labels).items()}
    found |= {"nmi": kmeans_nmi(h, labels), "nmi_z": kmeans_nmi(z, labels)}
    return {**found, "recall_at_1_z": evaluate.recall_at_k(z, labels, ks=(1,))[1]}


def on_all(method: Method, untrained: Method, data: Dataset) -> dict[str, float]:
    """Return the accuracies of h, and retrieval of h and z on all test images."""
    return accuracies(method, untrained, data) | retrieval(method, data.test_images, data.test_labels)


def on_unseen(method: Method, untrained: Method, data: Dataset) -> dict[str, float]:
    """Return retrieval of h and z on the test images of the classes that training has not seen."""
    rows = data.test_labels >= SEEN
    images, labels = data.test_images[rows], data.test_labels[rows]
    before = evaluate.recall_at_k(features(untrained.encoder, images), labels, ks=(1,))[1]
    return {**retrieval(method, images, labels), "recall_at_1_untrained": before}


_KMEANS = f"as many k-means clusters, best of {KMEANS_STARTS} starts"
_SENTENCES = {
    **{f"recall_at_{k}": f"one of the {k} nearest others by cosine has the same class, {{}}" for k in (1, 2, 4, 8)},
    "nmi": f"normalised mutual information of the classes and {_KMEANS}, {{}}",
}


def sentences(images: str) -> tuple[tuple[str, str], ...]:
    """Return a sentence for each figure of `retrieval` on these images, and for Recall@1 before training."""
    named = [(figure, told, "h") for figure, told in _SENTENCES.items()]
    named += [(f"{figure}_z", _SENTENCES[figure], "z") for figure in ("recall_at_1", "nmi")]
    named.append(("recall_at_1_untrained", _SENTENCES["recall_at_1"], "h of the encoder before training"))
    return tuple((figure, told.format(f"{images}, features {feature}")) for figure, told, feature in named)


_FLAT, _HIERARCHY = uhml.ABLATION["flat"], uhml.ABLATION["hierarchy"]
_EPOCHS = 2 * _HIERARCHY.epochs  # on half the images: the warm-up takes as many steps as in the ablation
_OF_UNSEEN = sentences("test images of classes that training has not seen")
STUDIES = {
    "kmeans": Study(_FLAT, KMeansLabels, measure=on_all, protocol=sentences("all test images")),
    **{
        f"unseen-{name}": Study(
            replace(settings, epochs=_EPOCHS), build, seen, measure=on_unseen, protocol=_OF_UNSEEN
        )
        for name, settings, build in (
            ("warm-up", uhml.ABLATION["warm-up"], uhml.UHML),
            ("kmeans", _FLAT, KMeansLabels),
            ("hierarchy", _HIERARCHY, uhml.UHML),
        )
    },
}
