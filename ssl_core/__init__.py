"""ssl_core: self-supervised and metric-learning methods on CIFAR-10, faithful to their papers.

Importing the package is cheap: torch is loaded by the modules that need it, so that tools which only
read stored runs or source digests (the site) work without torch.
"""

__version__ = "0.1.0"
