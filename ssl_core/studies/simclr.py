"""SimCLR with other heads: a linear projector, or none, so that the loss acts on h itself (§4.2, Fig. 8).

The nonlinear head of the comparison is SimCLR's own, the ablation `crop-colour`.
"""

from ssl_core.methods import simclr
from ssl_core.study import Study


class LinearHead(simclr.SimCLR):
    """SimCLR whose projector is one linear layer, with the BatchNorm that follows every layer."""

    projector_layers = 1


class NoHead(simclr.SimCLR):
    """SimCLR without a projector: z = h."""

    projector_layers = 0


STUDIES = {
    "head-none": Study(simclr.ABLATION["crop-colour"], NoHead),
    "head-linear": Study(simclr.ABLATION["crop-colour"], LinearHead),
}
