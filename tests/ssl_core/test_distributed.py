"""What `ssl_core.distributed` promises: two processes compute what one does, and none waits for one that has ended.

Two real processes run `checks` (this file as a script) once, in float64, and store what they got; the tests compare
it with one process on the whole batch.
"""

import faulthandler
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from ssl_core import distributed
from ssl_core import processes as processes_module
from ssl_core.distributed import DistributedError, SyncBatchNorm, average, gather, processes, share
from ssl_core.errors import SslCoreError
from ssl_core.heads import ScaleBatchNorm, projector
from ssl_core.losses import nt_xent

W = 2
CPU = torch.device("cpu")
LIMIT = 300  # seconds after which a process ends itself; some fifteen suffice where the processors are free


class OwnError(SslCoreError):
    """An error of rank 0 that both ranks must raise."""


# --- what one process and two compute ----------------------------------------------------------------------------

BATCHNORMS = {
    "1d": (lambda: nn.BatchNorm1d(3), (8, 3)),
    "1d, sequences": (lambda: nn.BatchNorm1d(3, eps=0.1), (8, 3, 5)),
    "2d": (lambda: nn.BatchNorm2d(3, momentum=0.3), (8, 3, 4, 5)),
    "one row a process": (lambda: nn.BatchNorm1d(3), (2, 3)),
    "scale only": (lambda: ScaleBatchNorm(3), (8, 3)),
    "not affine": (lambda: nn.BatchNorm2d(3, affine=False), (8, 3, 2, 2)),
    "cumulative average": (lambda: nn.BatchNorm1d(3, momentum=None), (8, 3)),
    "no running statistics": (lambda: nn.BatchNorm1d(3, track_running_stats=False), (8, 3)),
}


def noise(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def batchnorm(name):
    """Give the layer `name` in float64, its parameters not at their start, made distributed where there are two."""
    layer = BATCHNORMS[name][0]().double()
    with torch.no_grad():
        for i, p in enumerate(layer.parameters()):
            p.copy_(noise(p.shape, i))
    return distributed.synchronise_batchnorm(layer)


def batchnorm_results(name):
    """Train the layer for two steps on this process's share of the batch, then evaluate it."""
    layer, shape = batchnorm(name), BATCHNORMS[name][1]
    mine = share(shape[0])
    for step in range(2):
        x = (3 * noise(shape, 10 + step) + 2)[mine].requires_grad_()
        y = layer(x)
        layer.zero_grad()
        (gather(y) * noise(shape, 20)).square().sum().backward()
    distributed.average_gradients(layer.parameters())
    return {
        "y": gather(y.detach()),
        # The gradient of a row is that of the sum over the ranks of their equal losses.
        "x.grad": gather(x.grad) / distributed.world_size(),
        "buffers": dict(layer.named_buffers()),
        "gradients": {key: p.grad for key, p in layer.named_parameters() if p.requires_grad},
        "evaluated": gather(layer.eval()(x.detach())) if layer.track_running_stats else None,
    }


class Net(nn.Module):
    """An encoder and a projector with BatchNorm, a learnt temperature outside the gather, and a weight unused."""

    def __init__(self):
        super().__init__()
        f = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 6))
        self.f, self.g = f, projector(6, 5, 4)
        self.double()
        self.tau = nn.Parameter(torch.tensor(0.5))  # float32, so that gradients have two types
        self.unused = nn.Parameter(torch.ones(3))
        with torch.no_grad():
            for i, p in enumerate(self.parameters()):
                p.copy_(noise(p.shape, 30 + i).abs() if p.ndim == 0 else noise(p.shape, 30 + i))


def net_results():
    """Take NT-Xent's gradients on this process's share of two views of 8 images."""
    net = distributed.synchronise_batchnorm(Net())
    mine = share(8)
    views = [noise((8, 2, 4, 4), seed)[mine] for seed in (1, 2)]
    z1, z2 = (gather(z) for z in net.g(net.f(torch.cat(views))).chunk(2))
    loss = nt_xent(z1, z2, net.tau)
    loss.backward()
    distributed.average_gradients(net.parameters())
    return {
        "loss": loss.detach(),
        "gradients": {name: p.grad for name, p in net.named_parameters() if p.requires_grad},
        "buffers": dict(net.named_buffers()),
    }


def gather_results():
    """Gather the rows of `noise((6, 3))`; each rank has a loss of its own."""
    x = noise((6, 3), 0)[share(6)].requires_grad_()
    y = gather(x.T.contiguous().T)
    ((distributed.rank() + 1) * noise((6, 3), 1) * y.sin()).sum().backward()
    return {"y": y.detach(), "x.grad": x.grad, "labels": gather(torch.arange(6)[share(6)])}


def half_precision_results():
    """Normalise bf16 rows under autocast, forward and backward."""
    x = (noise((64, 3), 3) + 5)[share(64)].bfloat16().requires_grad_()
    layer = distributed.synchronise_batchnorm(nn.BatchNorm1d(3))
    with torch.autocast("cpu", torch.bfloat16):
        y = gather(layer(x))
    (y * noise((64, 3), 4)).sum().backward()
    return {"y": y.detach(), "x.grad": gather(x.grad), "variance": layer.running_var}


def far_from_zero_results():
    """Return the variance of float32 rows whose mean is 10,000 times their standard deviation."""
    layer = distributed.synchronise_batchnorm(nn.BatchNorm1d(3, momentum=1.0))
    layer((noise((64, 3), 5) + 1e4)[share(64)].float())
    return layer.running_var


# --- the two processes ---------------------------------------------------------------------------------------------


def from_first_results():
    """Return what both ranks get from values and errors of rank 0, and how often this rank made one."""
    calls = []

    def made():
        calls.append(1)
        return {"x": torch.arange(3), "name": "cifar10", "rank": distributed.rank()}

    def fails(error):
        calls.append(1)
        raise error

    results = {"value": distributed.from_first(made), "errors": []}
    for error in (OwnError("no data"), FileNotFoundError(2, "No such file", "x.pt")):
        try:
            distributed.from_first(lambda error=error: fails(error))
        except (OwnError, FileNotFoundError) as caught:
            results["errors"].append(f"{type(caught).__name__}: {caught}")
    return results | {"calls": len(calls)}


def from_first_leaves_together():
    """Return the times at which this rank came and left; rank 1 comes late."""
    if distributed.rank() == 1:
        time.sleep(0.5)
    came = time.time()
    distributed.from_first(lambda: None)
    return came, time.time()


def one_raises():
    """Return the error that each rank sees when rank 1 has a fault of its own while rank 0 waits for it."""
    try:
        with processes(CPU):
            if distributed.rank() == 1:
                raise RuntimeError("shapes cannot be multiplied")
            average(torch.ones(()))
    except (RuntimeError, DistributedError) as error:
        return type(error).__name__, str(error)


def killed():
    """Let rank 1 be killed between forward and backward; return what rank 0 sees and after how many seconds."""
    with processes(CPU):
        y = gather(torch.ones(2, requires_grad=True))
        if distributed.rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        begun = time.monotonic()
        try:
            y.sum().backward()
        except DistributedError as error:
            return str(error), time.monotonic() - begun


def checks(out, *ports):
    """Store what this rank gets from everything that two processes do; each meeting has a port of its own."""
    os.environ["MASTER_PORT"] = ports[0]
    with processes(CPU) as device:
        with processes(CPU):
            pass  # opened inside another it neither joins nor leaves
        number = distributed.rank()
        results = {
            "who": (str(device), number, distributed.world_size(), distributed.is_first(), share(6)),
            "gather": gather_results(),
            "batchnorm": {name: batchnorm_results(name) for name in BATCHNORMS},
            "half": half_precision_results(),
            "far": far_from_zero_results(),
            "net": net_results(),
            "average": average(torch.tensor([1.0, 10.0], requires_grad=True) * (number + 1)),
            "from_first": from_first_results(),
            "together": from_first_leaves_together(),
        }
    results["after"] = (distributed.rank(), distributed.world_size())
    os.environ["MASTER_PORT"] = ports[1]
    results["one raises"] = one_raises()
    torch.save(results, out / f"rank{number}.pt")
    os.environ["MASTER_PORT"] = ports[2]
    torch.save(results | {"killed": killed()}, out / f"rank{number}.pt")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """Run `checks` in two processes with torchrun's variables and give the results of both."""
    out, ports = tmp_path_factory.mktemp("ranks"), [free_port() for _ in range(3)]
    variables = {"WORLD_SIZE": str(W), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": ""}
    runs = []
    try:
        for i in range(W):
            environment = os.environ | variables | {"RANK": str(i), "LOCAL_RANK": str(i)}
            runs.append(subprocess.Popen([sys.executable, __file__, out, *ports], env=environment))
        codes = [run.wait(timeout=LIMIT + 10) for run in runs]
    finally:
        for run in runs:
            run.kill()
            run.wait()
    assert codes == [0, -signal.SIGKILL]
    return [torch.load(out / f"rank{i}.pt", weights_only=False) for i in range(W)]


@pytest.fixture
def two(monkeypatch):
    """Pretend that there are two processes, for what needs no other."""
    monkeypatch.setattr(distributed, "world_size", lambda: 2)


@pytest.fixture
def torchrun_variables(monkeypatch):
    """Set torchrun's variables as for rank 1 of 2 on a machine whose rank 0 is not there."""
    variables = {
        "RANK": "1",
        "WORLD_SIZE": "2",
        "LOCAL_RANK": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": free_port(),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def close(a, b, tolerance=1e-10):
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


# --- two compute what one does -------------------------------------------------------------------------------------


def test_ranks_know_themselves_and_take_neighbouring_shares(ranks):
    assert ranks[0]["who"] == ("cpu", 0, 2, True, slice(0, 3))
    assert ranks[1]["who"] == ("cpu", 1, 2, False, slice(3, 6))


def test_gather_gives_all_rows_in_rank_order(ranks):
    for results in ranks:
        assert torch.equal(results["gather"]["y"], noise((6, 3), 0))
        assert results["gather"]["labels"].tolist() == [0, 1, 2, 3, 4, 5]


def test_gather_sums_the_gradients_of_all_ranks(ranks):
    x = noise((6, 3), 0).requires_grad_()
    ((1 + 2) * noise((6, 3), 1) * x.sin()).sum().backward()
    close(torch.cat([results["gather"]["x.grad"] for results in ranks]), x.grad)


@pytest.mark.parametrize("name", BATCHNORMS)
def test_batchnorm_of_two_processes_is_that_of_the_whole_batch(ranks, name):
    expected = batchnorm_results(name)
    for results in ranks:
        close(results["batchnorm"][name], expected)


def test_batchnorm_keeps_half_types_and_has_float32_statistics(ranks):
    expected = half_precision_results()
    for results in ranks:
        half = results["half"]
        assert (half["y"].dtype, half["x.grad"].dtype) == (torch.bfloat16, torch.bfloat16)
        close(half["y"], expected["y"], tolerance=2**-7)
        close(half["x.grad"] / W, expected["x.grad"], tolerance=2**-6)
        close(half["variance"], expected["variance"], tolerance=1e-6)


def test_variance_is_exact_far_from_zero(ranks):
    expected = (noise((64, 3), 5) + 1e4).float().double().var(dim=0).float()
    for results in ranks:
        close(results["far"], expected, tolerance=1e-5)


def test_loss_gradients_and_statistics_of_two_processes_are_those_of_one(ranks):
    expected = net_results()
    assert expected["gradients"]["unused"] is None
    tau = expected["gradients"].pop("tau")
    for results in ranks:
        close(results["net"]["gradients"].pop("tau"), tau, tolerance=1e-6)
        assert results["net"]["gradients"].pop("unused") is None
        close(results["net"]["loss"], expected["loss"])
        close(results["net"]["buffers"], expected["buffers"])
    del expected["gradients"]["unused"]
    for results in ranks:
        close(results["net"]["gradients"], expected["gradients"])


def test_gradients_are_bitwise_equal_on_all_ranks(ranks):
    first, second = (results["net"]["gradients"] for results in ranks)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_average_is_the_mean_over_ranks_without_gradient(ranks):
    for results in ranks:
        assert results["average"].tolist() == [1.5, 15.0]
        assert not results["average"].requires_grad


def test_from_first_calls_on_rank_0_alone_and_gives_to_all(ranks):
    for results in ranks:
        value = results["from_first"]["value"]
        assert value["x"].tolist() == [0, 1, 2]
        assert (value["name"], value["rank"]) == ("cifar10", 0)
    assert [results["from_first"]["calls"] for results in ranks] == [3, 0]


def test_from_first_raises_the_same_on_all(ranks):
    for results in ranks:
        missing = "FileNotFoundError: [Errno 2] No such file: 'x.pt'"
        assert results["from_first"]["errors"] == ["OwnError: no data", missing]


def test_from_first_lets_nobody_go_before_the_last_has_come(ranks):
    came, left = zip(*(results["together"] for results in ranks), strict=True)
    assert min(left) >= max(came)


def test_after_the_processes_each_is_alone(ranks):
    assert [results["after"] for results in ranks] == [(0, 1), (0, 1)]


# --- a process that ends -------------------------------------------------------------------------------------------


def test_a_fault_ends_the_others_and_stays_what_it_is(ranks):
    waiting, faulty = (results["one raises"] for results in ranks)
    assert faulty == ("RuntimeError", "shapes cannot be multiplied")
    assert waiting[0] == "LostContactError"
    assert "another process of this run has ended" in waiting[1]


def test_a_killed_process_is_noticed_in_backward_within_seconds(ranks):
    message, seconds = ranks[0]["killed"]
    assert seconds < 10
    assert message.startswith("another process of this run has ended or hangs (rank 0 sees: ")
    assert message.endswith("start all processes again with --resume to go on from the last finished epoch")
    assert "Connection" in message


# --- before there are others ---------------------------------------------------------------------------------------


def test_a_batch_that_cannot_be_split_is_an_error(two):
    with pytest.raises(
        DistributedError, match=r"--batch-size 51 cannot be split over 2 processes: .* multiple of 2$"
    ):
        share(51)


def test_synchronised_layers_keep_parameters_buffers_names_and_mode(two):
    net = Net()
    net.again = net.f[1]
    before = {**dict(net.named_parameters()), **dict(net.named_buffers())}
    keys = list(net.state_dict())
    net.g.eval()
    new = distributed.synchronise_batchnorm(net)
    assert new is net
    assert list(new.state_dict()) == keys
    after = {**dict(new.named_parameters()), **dict(new.named_buffers())}
    assert all(after[name] is tensor for name, tensor in before.items())
    assert isinstance(net.f[1], SyncBatchNorm)
    assert net.again is net.f[1]
    assert [layer.training for layer in (net.f[1], net.g[1], net.g[-1])] == [True, False, False]
    assert not any(type(layer) in (nn.BatchNorm1d, nn.BatchNorm2d, ScaleBatchNorm) for layer in net.modules())
    assert not net.g[-1].bias.requires_grad
    first = net.f[1]
    assert distributed.synchronise_batchnorm(net).f[1] is first


def test_alone_nothing_changes(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    x, layer = torch.ones(2, 3, requires_grad=True), nn.BatchNorm1d(3)
    with processes(CPU) as device:
        assert device == CPU
        assert (distributed.rank(), distributed.world_size(), distributed.is_first()) == (0, 1, True)
        assert gather(x) is x
        assert average(x) is x
        assert distributed.synchronise_batchnorm(layer) is layer
        layer(x * torch.arange(2.0)[:, None]).sum().backward()
        gradient = layer.bias.grad.clone()
        distributed.average_gradients(layer.parameters())
        assert torch.equal(layer.bias.grad, gradient)
        with pytest.raises(OwnError, match="no data"):
            distributed.from_first(lambda: (_ for _ in ()).throw(OwnError("no data")))


def test_a_missing_variable_is_named(torchrun_variables, monkeypatch):
    monkeypatch.delenv("MASTER_ADDR")
    with (
        pytest.raises(DistributedError, match="MASTER_ADDR is not: start all processes with torchrun"),
        processes(CPU),
    ):
        pass


def test_more_processes_than_gpus_is_an_error(torchrun_variables, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with (
        pytest.raises(DistributedError, match=r"offers 1 GPUs and process 2 .* torchrun --nproc-per-node 1"),
        processes(torch.device("cuda")),
    ):
        pass


def test_processes_that_do_not_come_are_an_error(torchrun_variables, monkeypatch):
    monkeypatch.setattr(processes_module, "TIMEOUT", processes_module.timedelta(seconds=1))
    with pytest.raises(DistributedError, match=r"rank 1 could not join .* at 127.0.0.1:\d+ \("), processes(CPU):
        pass
    assert distributed.world_size() == 1


if __name__ == "__main__":
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    warnings.simplefilter("error")
    checks(Path(sys.argv[1]), *sys.argv[2:])
