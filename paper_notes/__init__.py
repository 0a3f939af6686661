"""paper_notes: makes the bilingual site from bib/, docs/, demos/ and results/. Never imports torch."""
