"""What `ssl_core.evaluate` promises of each figure, against loops that anyone can check."""

import dataclasses
import json
import math

import pytest
import torch
from torch import Tensor, nn

from ssl_core import few_labels
from ssl_core.backbones import ResNet
from ssl_core.clusters import kmeans_nmi
from ssl_core.evaluate import (
    EvaluationError,
    confusion,
    evaluate,
    features,
    knn,
    knn_accuracy,
    knn_predict,
    linear_probe,
    protocol,
    recall_at_k,
    two_view_features,
)
from ssl_core.heads import projector
from ssl_core.spread import alignment, effective_rank, feature_std, uniformity


def clouds(n: int, dim: int, classes: int, spread: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Draw n points around one centre a class; the centres are the same for every seed."""
    centres = torch.randn(classes, dim, generator=torch.Generator().manual_seed(99), dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n,), generator=generator)
    return centres[labels] + spread * torch.randn(n, dim, generator=generator, dtype=torch.float64), labels


def cosine(a: Tensor, b: Tensor) -> float:
    return (a @ b / (a.norm() * b.norm())).item()


def naive_knn(memory: Tensor, labels: Tensor, queries: Tensor, k: int, temperature: float) -> list[int]:
    predicted = []
    for query in queries:
        nearest = sorted(((cosine(query, item), int(label)) for item, label in zip(memory, labels, strict=True)))[-k:]
        votes = dict.fromkeys(sorted({label for _, label in nearest}), 0.0)
        for similarity, label in nearest:
            votes[label] += math.exp(similarity / temperature)
        predicted.append(max(votes, key=votes.__getitem__))
    return predicted


@pytest.mark.parametrize("k", [1, 3, 25, 60])
@pytest.mark.parametrize("temperature", [0.03, 0.1, 5.0])
def test_knn_equals_a_naive_loop(k, temperature):
    memory, labels = clouds(60, 4, 3, spread=2.0)
    queries, _ = clouds(40, 4, 3, spread=2.0, seed=1)
    predicted = knn_predict(memory, labels, queries, k, temperature)
    assert predicted.tolist() == naive_knn(memory, labels, queries, k, temperature)


def test_knn_weighs_votes_by_similarity():
    memory = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.8, -0.6]])
    query, labels = torch.tensor([[1.0, 0.0]]), torch.tensor([0, 1, 1])
    assert knn_predict(memory, labels, query, k=3, temperature=0.1).tolist() == [0]  # e^10 against 2 e^8
    assert knn_predict(memory, labels, query, k=3, temperature=10.0).tolist() == [1]  # two against one


def test_knn_does_not_look_at_the_length_of_features():
    memory, labels = clouds(60, 4, 3, spread=2.0)
    lengths = torch.linspace(0.01, 50, 60, dtype=torch.float64)[:, None]
    assert torch.equal(knn_predict(memory * lengths, labels, memory, 9), knn_predict(memory, labels, 7 * memory, 9))


def test_knn_accuracy_is_the_share_of_right_predictions_in_any_number_of_blocks():
    memory, labels = clouds(300, 4, 3, spread=1.0)
    queries, wanted = clouds(1203, 4, 3, spread=1.0, seed=1)
    parts = [knn_predict(memory, labels, part, k=5) for part in queries.split(100)]
    share = (torch.cat(parts) == wanted).double().mean().item()
    assert knn_accuracy(memory, labels, queries, wanted, k=5) == pytest.approx(share)
    assert 0.5 < share < 1


def test_knn_with_too_large_k_is_told():
    memory, labels = clouds(10, 4, 3, spread=1.0)
    with pytest.raises(EvaluationError, match=r"at least k = 200 training images, there are 10"):
        knn_accuracy(memory, labels, memory, labels)


def test_linear_probe_separates_what_is_separable():
    x, labels = clouds(300, 5, 3, spread=0.05)
    x_test, wanted = clouds(200, 5, 3, spread=0.05, seed=1)
    assert linear_probe(x.float(), labels, x_test.float(), wanted) == 1


def test_linear_probe_of_noise_is_chance():
    generator = torch.Generator().manual_seed(0)
    x, x_test = torch.randn(2, 2000, 5, generator=generator)
    labels, wanted = torch.randint(4, (2, 2000), generator=generator)
    assert linear_probe(x, labels, x_test, wanted) == pytest.approx(0.25, abs=0.04)


def test_linear_probe_finds_the_optimum_of_its_objective():
    """scikit-learn's logistic regression minimises the sum of losses + |W|^2 / (2 C): C = 1 / (N * weight_decay)."""
    from sklearn.linear_model import LogisticRegression

    x, labels = clouds(40, 20, 4, spread=3.0)  # so few that the penalty decides
    x_test, wanted = clouds(3000, 20, 4, spread=3.0, seed=1)
    mean, std = x.mean(dim=0), x.std(dim=0)
    reference = LogisticRegression(C=1 / (40 * 1.0), max_iter=2000, tol=1e-8)
    reference.fit(((x - mean) / std).numpy(), labels.numpy())
    share = reference.score(((x_test - mean) / std).numpy(), wanted.numpy())
    assert linear_probe(x, labels, x_test, wanted, weight_decay=1.0) == pytest.approx(share, abs=0.002)


def test_linear_probe_depends_on_no_random_state_nor_scale():
    x, labels = clouds(300, 5, 3, spread=1.5)
    x_test, wanted = clouds(200, 5, 3, spread=1.5, seed=1)
    torch.manual_seed(1)
    first = linear_probe(x, labels, x_test, wanted)
    torch.manual_seed(2)
    assert linear_probe(x, labels, x_test, wanted) == first
    assert linear_probe(100 * x + 3, labels, 100 * x_test + 3, wanted) == first


def test_linear_probe_works_where_gradients_are_off():
    x, labels = clouds(100, 5, 3, spread=0.05)
    with torch.no_grad():
        assert linear_probe(x, labels, x, labels) == 1


def test_linear_probe_survives_a_dead_feature():
    x, labels = clouds(100, 5, 3, spread=0.05)
    x[:, 2] = 0
    assert linear_probe(x, labels, x, labels) == 1


def test_recall_at_k_equals_a_naive_loop():
    x, labels = clouds(60, 3, 4, spread=2.0)
    shares = {}
    for k in (1, 2, 5, 59):
        hits = 0
        for i in range(60):
            others = sorted((j for j in range(60) if j != i), key=lambda j: -cosine(x[i], x[j]))
            hits += any(labels[j] == labels[i] for j in others[:k])
        shares[k] = hits / 60
    assert recall_at_k(x, labels, ks=(1, 2, 5, 59)) == pytest.approx(shares)
    assert 0 < shares[1] < shares[5]


def test_recall_at_k_does_not_count_the_image_itself():
    assert recall_at_k(torch.eye(4), torch.arange(4), ks=(1, 3, 10)) == {1: 0, 3: 0, 10: 0}


def test_recall_at_k_is_the_same_in_blocks():
    x, labels = clouds(1100, 3, 4, spread=2.0)
    x = nn.functional.normalize(x, dim=1)
    similarity = (x @ x.T).fill_diagonal_(-2)
    share = (labels[similarity.argmax(dim=1)] == labels).double().mean().item()
    assert recall_at_k(x, labels, ks=(1,))[1] == pytest.approx(share, abs=1e-6)


class Halves(nn.Module):
    """h is the mean of each colour; a dropout and a BatchNorm tell which mode the network is in."""

    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(3)
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: Tensor) -> Tensor:
        return self.dropout(self.bn(images)).mean(dim=(2, 3))


@pytest.mark.parametrize("training", [True, False])
def test_features_are_taken_in_inference_mode_and_the_mode_is_restored(training):
    network = Halves().train(training)
    network.bn.running_mean.fill_(0.25)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    images = torch.randint(256, (7, 3, 8, 8), dtype=torch.uint8)
    h = features(network, images, batch_size=3)
    expected = (images.float() / 255).mean(dim=(2, 3)) - 0.25
    assert torch.allclose(h, expected, atol=1e-5)
    assert h.dtype == torch.float32
    assert not h.requires_grad
    assert network.training is network.bn.training is training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(few_labels, "STEPS", {0.01: 3, 0.1: 3})


def networks():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ResNet((8, 16), (1, 1), stem_stride=2), projector(16, 16, 8)


def states(*modules):
    return [value.clone() for module in modules for value in module.state_dict().values()]


def test_evaluate_gives_the_figures_of_h_and_z(tiny_data, few_steps):
    encoder, g = networks()
    results = evaluate(encoder, g, tiny_data)
    h, h_test = features(encoder, tiny_data.train_images), features(encoder, tiny_data.test_images)
    with torch.no_grad():
        z, z_test = g.eval()(h), g(h_test)
    labels, wanted = tiny_data.train_labels, tiny_data.test_labels
    recall = recall_at_k(h_test, wanted, ks=(1, 2, 4, 8))
    figures = {
        "knn": knn_accuracy(h, labels, h_test, wanted, k=200, temperature=0.1),
        "linear": linear_probe(h, labels, h_test, wanted),
        "recall_at_1": recall[1],
        "recall_at_2": recall[2],
        "recall_at_4": recall[4],
        "recall_at_8": recall[8],
        "nmi": kmeans_nmi(h_test, wanted),
        "feature_std": feature_std(h_test),
        "effective_rank": effective_rank(h_test),
        "alignment": alignment(*two_view_features(encoder, tiny_data.test_images)),
        "uniformity": uniformity(h_test),
        "knn_z": knn_accuracy(z, labels, z_test, wanted, k=200, temperature=0.1),
        "linear_z": linear_probe(z, labels, z_test, wanted),
        "recall_at_1_z": recall_at_k(z_test, wanted, ks=(1,))[1],
        "feature_std_z": feature_std(z_test),
        "effective_rank_z": effective_rank(z_test),
        "few_labels_1": few_labels.few_labels_accuracy(encoder, tiny_data, 0.01),
        "few_labels_10": few_labels.few_labels_accuracy(encoder, tiny_data, 0.1),
    }
    assert {name: results[name] for name in figures} == figures
    assert set(results) == {*figures, "per_class", "confusion"}
    assert results["knn"] == knn(encoder, tiny_data)
    assert set(evaluate(encoder, None, tiny_data)) == {name for name in results if not name.endswith("_z")}


def test_evaluate_changes_neither_networks_nor_global_state(tiny_data, few_steps):
    encoder, g = networks()
    before, generator = states(encoder, g), torch.get_rng_state()
    first = evaluate(encoder, g, tiny_data)
    assert all(torch.equal(a, b) for a, b in zip(before, states(encoder, g), strict=True))
    assert all(module.training for network in (encoder, g) for module in network.modules())
    assert torch.equal(torch.get_rng_state(), generator)
    assert evaluate(encoder, g, tiny_data) == first


def test_evaluate_stays_in_float32_under_autocast(tiny_data, few_steps):
    encoder, g = networks()
    expected = evaluate(encoder, g, tiny_data)
    with torch.autocast("cpu", torch.bfloat16):
        assert features(encoder, tiny_data.test_images).dtype == torch.float32
        assert evaluate(encoder, g, tiny_data) == expected


def test_two_views_of_an_image_differ_and_repeat_themselves(tiny_data):
    encoder, _ = networks()
    first, second = two_view_features(encoder, tiny_data.test_images)
    assert first.shape == second.shape == (60, 16)
    assert not torch.allclose(first, second)
    again = two_view_features(encoder, tiny_data.test_images)
    assert torch.equal(again[0], first)
    assert torch.equal(again[1], second)
    h = features(encoder, tiny_data.test_images)
    assert not torch.allclose(first, h)
    assert alignment(first, second) < alignment(first, second.roll(1, dims=0))  # rows pair views of one image
    assert encoder.training


def test_confusion_counts_true_classes_in_rows():
    labels, predicted = torch.tensor([0, 0, 0, 2, 2]), torch.tensor([0, 1, 1, 2, 0])
    assert confusion(labels, predicted, 4).tolist() == [[1, 2, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_the_tables_are_those_of_the_knn_classifier(tiny_data, few_steps):
    results = evaluate(networks()[0], None, tiny_data)
    table = torch.tensor(results["confusion"])
    assert table.sum(dim=1).tolist() == torch.bincount(tiny_data.test_labels, minlength=10).tolist()
    assert table.diag().sum().item() / 60 == pytest.approx(results["knn"])
    assert tuple(results["per_class"]) == tiny_data.classes
    assert list(results["per_class"].values()) == pytest.approx((table.diag() / table.sum(dim=1)).tolist())
    assert sum(results["per_class"].values()) / 10 == pytest.approx(results["knn"])  # the test set is balanced


def test_a_class_without_test_images_has_no_accuracy_but_a_row(tiny_data, few_steps):
    kept = tiny_data.test_labels != 3
    rest = {"test_images": tiny_data.test_images[kept], "test_labels": tiny_data.test_labels[kept]}
    results = evaluate(networks()[0], None, dataclasses.replace(tiny_data, **rest))
    assert list(results["per_class"]) == [name for name in tiny_data.classes if name != "heart"]
    assert results["confusion"][3] == [0] * 10
    assert len(results["confusion"]) == 10
    json.dumps(results, allow_nan=False)


def test_every_figure_has_its_protocol_and_every_protocol_its_figure(tiny_data, few_steps):
    encoder, g = networks()
    sentences = protocol(tiny_data)
    assert set(evaluate(encoder, g, tiny_data)) | {"knn_untrained", "knn_monitor", "epoch"} == set(sentences)
    assert "k = 200" in sentences["knn"]
    assert "200 training images" in sentences["knn"]
    assert "60 test images" in sentences["alignment"]
    assert "20 class-balanced labels" in sentences["few_labels_10"]
