"""SimSiam: what becomes of its gradients without the predictor, and what a fixed predictor may change."""

import pytest
import torch

from ssl_core.methods.base import SettingError
from ssl_core.methods.simsiam import ABLATION, Settings, build

TINY = {"backbone": "resnet_small", "projection_dim": 8}


def gradients(settings):
    """Return the gradients of the loss on two fixed views, of a network with fixed weights."""
    torch.manual_seed(0)
    method = build(settings).double()
    generator = torch.Generator().manual_seed(1)
    views = [torch.rand(4, 3, 32, 32, generator=generator, dtype=torch.float64) for _ in range(2)]
    loss, _ = method(*views)
    loss.backward()
    return [p.grad for p in method.parameters() if p.grad is not None]


def test_without_predictor_the_stop_gradient_only_halves_the_gradient():
    stopped = gradients(Settings(**TINY, predictor="none"))
    free = gradients(Settings(**TINY, predictor="none", stop_gradient=False))
    assert len(stopped) == len(free) > 0
    for half, whole in zip(stopped, free, strict=True):
        torch.testing.assert_close(2 * half, whole, rtol=1e-9, atol=1e-12)


def test_with_predictor_the_stop_gradient_changes_more_than_the_length_of_the_gradient():
    stopped, free = (
        torch.cat([g.flatten() for g in gradients(Settings(**TINY, stop_gradient=on))]) for on in (True, False)
    )
    assert torch.nn.functional.cosine_similarity(stopped, free, dim=0) < 0.99


def test_a_fixed_predictor_passes_the_gradient_on_and_takes_none():
    method = build(Settings(**TINY, predictor="fixed"))
    assert not any(p.requires_grad for p in method.predictor.parameters())
    method(*torch.rand(2, 4, 3, 32, 32))[0].backward()
    assert all(p.grad is None for p in method.predictor.parameters())
    assert all(p.grad is not None for p in method.encoder.parameters())


def test_without_predictor_p_is_z():
    z = torch.randn(4, 8)
    assert build(Settings(**TINY, predictor="none")).predictor(z) is z


def test_an_unknown_predictor_is_refused_with_the_choices():
    with pytest.raises(SettingError, match="--predictor large: choose one of trained, fixed, none"):
        build(Settings(**TINY, predictor="large"))


def test_the_ablation_changes_stop_gradient_or_predictor_alone():
    complete = ABLATION["stop-gradient"]
    changed = {
        variant: {name for name in vars(settings) if getattr(settings, name) != getattr(complete, name)}
        for variant, settings in ABLATION.items()
    }
    assert changed == {
        "stop-gradient": set(),
        "no-stop-gradient": {"stop_gradient"},
        "no-predictor": {"predictor"},
        "fixed-predictor": {"predictor"},
    }
