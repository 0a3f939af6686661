"""One drawing a paper, found by its slug: `draw()` gives the SVG, `ALT` says in each language what it shows."""
