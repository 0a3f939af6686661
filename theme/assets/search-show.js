// Part of the search worker: shows what was found in the form that Material's box takes: a page, and under it the sections
// where it was found, the best one with its passage. Titles and passages are HTML; all text in them is escaped.
"use strict";

function shown(index, page, all, words, points) {
  const { section, field } = index.segments;
  const sections = new Map();
  let inTitle = false;
  for (const places of all) {
    for (const [segment, hit] of places) {
      if (field[segment] >= FULL_TITLE) inTitle = true;
      if (section[segment] < 0) continue;
      if (!sections.has(section[segment])) sections.set(section[segment], { number: section[segment], hits: [], points: 0 });
      const entry = sections.get(section[segment]);
      if (field[segment] === TEXT) entry.hits.push([segment, hit]);
      entry.points += worth(index, segment, hit) + hit.count / 20;
    }
  }
  const surfaces = new Set();
  const mark = (text) => marked(text, words, surfaces);
  const ordered = [...sections.values()].sort((a, b) => b.points - a.points || a.number - b.number).slice(0, 12);
  const passages = ordered.map((entry) => [entry, passage(index, page.sections[entry.number], entry.hits, mark)]);
  const opening = passages.find(([entry]) => !page.sections[entry.number].anchor);
  const about = [page.full, page.about.join(", ")].map((text) => [text, mark(text)]).find(([text, html]) => html !== escaped(text));
  const text = (about ? `<p>${about[1]}</p>` : "") + (opening?.[1] ?? "");
  const parent = { title: mark(page.title), text, score: points };
  const parts = passages.filter((each) => each !== opening).map(([entry, text], place) => {
    const { anchor, heading } = page.sections[entry.number];
    // Material shows the parts that are worth as much as the page, and folds the others away; Enter opens the best.
    const best = place === 0 && passages[0] !== opening;
    return { anchor, title: mark(heading), text, score: best ? points + (inTitle ? 0 : 0.5) : points - 0.5 };
  });
  const marks = [...surfaces].slice(0, 8).map((surface) => `h=${encodeURIComponent(surface)}`);
  const address = page.url + (marks.length ? `?${marks.join("&")}` : "");
  return [{ ...parent, location: address, terms: {} },
    ...parts.map(({ anchor, ...part }) => ({ ...part, location: `${address}#${anchor}`, terms: {} }))];
}

// The same for the pages far down, of which there may be a thousand: one passage, found and marked less exactly.
function briefly(index, page, all, pattern, points) {
  const { start, section, field } = index.segments;
  const mark = (text) => escaped(text).replace(pattern, "<mark data-md-highlight>$&</mark>");
  for (const places of all) {
    for (const [segment, hit] of places) {
      if (field[segment] !== TEXT) continue;
      const from = index.text.lastIndexOf("\n", hit.at) + 1;
      const block = page.sections[section[segment]].blocks[lineOf(index.text, start[segment], from)];
      const { anchor, heading } = page.sections[section[segment]];
      const text = `<p>${mark(cut(block, hit.at - from))}</p>`;
      const parent = { location: page.url, title: mark(page.title), score: points, terms: {} };
      return anchor
        ? [{ ...parent, text: "" }, { ...parent, location: `${page.url}#${anchor}`, title: mark(heading), text }]
        : [{ ...parent, text }];
    }
  }
  return [{ location: page.url, title: mark(page.title), text: `<p>${mark(page.full)}</p>`, score: points, terms: {} }];
}

// How many lines there are between two places.
function lineOf(text, from, to) {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

// The block with most of the words, rather a sentence than a scrap, cut to what fits.
function passage(index, { blocks }, hits, mark) {
  if (!hits.length) return blocks.length ? `<p>${mark(cut(blocks.find(Boolean) ?? "", 0))}</p>` : "";
  const counts = new Map();
  for (const [segment, hit] of hits) {
    const from = index.text.lastIndexOf("\n", hit.at) + 1;
    const number = lineOf(index.text, index.segments.start[segment], from);
    const entry = counts.get(number) ?? { at: hit.at - from, count: 0 };
    counts.set(number, { at: Math.min(entry.at, hit.at - from), count: entry.count + (hit.whole ? 1.1 : 1) });
  }
  const order = ([number, { count }]) => count - (blocks[number].length < 25 ? 0.5 : 0) - number / 1e6;
  const [[number, { at }]] = [...counts].sort((one, other) => order(other) - order(one));
  const block = blocks[number];
  return `<p>${mark(cut(block, foldedWithPlaces(block).places[at] ?? 0))}</p>`;
}

function cut(text, at) {
  const room = CJK.test(text) ? 100 : 200;
  if (text.length <= room * 1.2) return text;
  let start = Math.max(0, Math.min(at - room / 4, text.length - room));
  let end = Math.min(text.length, start + room);
  // Not within a word, and not within a pair of surrogates.
  const isWithin = (place) => /[\w\ud800-\udbff]/.test(text[place - 1]) && /[\w\udc00-\udfff]/.test(text[place]);
  while (start > 0 && at - start < room / 2 && isWithin(start)) start -= 1;
  while (end < text.length && end - start < room * 1.3 && isWithin(end)) end += 1;
  return (start > 0 ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
}

// The text as HTML with every place of the words marked; what was marked is added to `surfaces`.
function marked(text, words, surfaces) {
  const { folded, places } = foldedWithPlaces(text);
  const covered = new Uint8Array(text.length);
  for (const word of words) {
    for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + word.length)) {
      let end = places[at + word.length];
      while (text[end - 1] === " ") end -= 1;
      covered.fill(1, places[at], end);
      surfaces.add(text.slice(places[at], end));
    }
  }
  let html = "";
  for (let start = 0, end; start < text.length; start = end) {
    for (end = start + 1; end < text.length && covered[end] === covered[start]; end += 1);
    const part = escaped(text.slice(start, end));
    html += covered[start] ? `<mark data-md-highlight>${part}</mark>` : part;
  }
  return html;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]);
}
