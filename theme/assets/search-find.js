// Part of the search worker: reads the index, understands the query, finds and orders the pages.
//
// A page is found when its text holds every word of the query, as a part of a word too; or, for a term of the glossary,
// when it holds another name of the term as a word.
"use strict";

// 1. The index: every text of every page in one long string, cut into segments.

// What a find in a field is worth; a whole word is worth 1 more.
const TITLE = 7, FULL_TITLE = 6.5, HEADING = 5, ABOUT = 3, TEXT = 1;

function prepare({ pages, terms }) {
  const lines = [], texts = [];
  const segments = { start: [], page: [], section: [], field: [] };
  let length = 0;
  const add = (text, page, section, field) => {
    const folded = fold(text);
    segments.start.push(length);
    segments.page.push(page);
    segments.section.push(section);
    segments.field.push(field);
    texts.push(folded);
    length += folded.length + 1;
  };
  pages.forEach((page, number) => {
    page.first = segments.start.length;
    add(page.title, number, -1, TITLE);
    add(page.full, number, -1, FULL_TITLE);
    add(page.about.join("\n"), number, -1, ABOUT);
    page.sections = page.sections.map(([anchor, heading, text], section) => {
      const blocks = text.split("\n").map((line) => {
        if (line[0] === "\x01") return lines[Number(line.slice(1))];
        if (line.length >= 30 && [...line].length >= 30) lines.push(line);
        return line;
      });
      add(heading, number, section, HEADING);
      add(blocks.join("\n"), number, section, TEXT);
      return { anchor, heading, blocks };
    });
  });
  segments.start.push(length);
  return { pages, segments, text: texts.join("\n") + "\n", terms: namesOf(terms) };
}

function namesOf(terms) {
  const found = new Map();
  for (const [names, spellings] of terms) for (const name of [...spellings, ...names]) found.set(fold(name), names.map(fold));
  return found;
}

// 2. The query: clauses that must all be met. Each has the words typed, and other names of the term that they are.

function clausesOf(query, terms) {
  // Quotes and the marks of a sentence around a word belong to nobody.
  const trimmed = (word) => word.replace(/^["'(「『]+(?=.)|(?<=.)["',;:!?、。」』)]+$/g, "");
  const words = foldLetters(query.replace(/\p{Surrogate}/gu, "")).split(/\s+/).map(trimmed).filter(Boolean);
  const clauses = [];
  for (let i = 0, count; i < words.length; i += count) {
    let names;
    count = Math.min(6, words.length - i);
    while (!(names = termOf(words.slice(i, i + count).join(" "), terms)) && count > 1) count -= 1;
    const typed = words.slice(i, i + count).map(fold);
    clauses.push({ typed: typed.map(spellings), phrase: typed.join(" "), names: names ?? [] });
  }
  const different = new Map(clauses.map((clause) => [JSON.stringify(clause), clause]));
  return [...different.values()].sort((a, b) => rarity(b) - rarity(a));
}

const rarity = (clause) => Math.max(...clause.typed.map(([word]) => word.length)) - 100 * clause.names.length;

function termOf(words, terms) {
  const name = fold(words);
  return terms.get(name) ?? (name.endsWith("s") ? terms.get(name.slice(0, -1)) : undefined);
}

// A word, and how it may be spelt otherwise: a command of TeX as its letter, hiragana that should become katakana, a
// katakana word without the last ー.
function spellings(word) {
  const found = [word];
  if (Object.hasOwn(GREEK, word)) found.push(GREEK[word]);
  if (/^[ぁ-ゖー]{3,}$/.test(word)) found.push(word.replace(/[ぁ-ゖ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 96)));
  if (/^[ァ-ヺー]{3,}ー$/.test(word)) found.push(word.slice(0, -1));
  return found;
}

const GREEK = Object.fromEntries(
  ("alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π " +
    "rho ρ sigma σ tau τ phi ϕ varphi φ chi χ psi ψ omega ω").match(/\w+ \S+/g)
    .map((pair) => pair.split(" ")).map(([name, letter]) => [`\\${name}`, fold(letter)]),
);

// 3. Finding.

// Where a word stands: for each page its segments with the number of places, the first one, and whether as a whole word.
function find(index, word, { whole = false, among = null } = {}) {
  const { text, segments: { start, page } } = index;
  const found = new Map();
  let segment = 0;
  for (let at = text.indexOf(word); at !== -1;) {
    while (start[segment + 1] <= at) segment += 1;
    const number = page[segment];
    if (among && !among.has(number)) {
      while (page[segment] === number) segment += 1;
      at = text.indexOf(word, start[segment]);
      continue;
    }
    const isWhole = isWord(text, at, word);
    if (isWhole || !whole) {
      if (!found.has(number)) found.set(number, new Map());
      const places = found.get(number);
      const hit = places.get(segment);
      if (!hit) places.set(segment, { at, count: 1, whole: isWhole, length: word.length });
      else {
        hit.count += 1;
        if (isWhole && !hit.whole) Object.assign(hit, { at, whole: true });
      }
      // More of the same place changes nothing.
      if (hit?.count > 8) {
        at = text.indexOf(word, start[segment + 1]);
        continue;
      }
    }
    at = text.indexOf(word, at + word.length);
  }
  return found;
}

// Whether the neighbours of a word do not make a longer word of it; a plural s is the same word.
function isWord(text, at, word) {
  const end = at + word.length;
  const kind = (place) => KINDS[text.charCodeAt(place)] & ~PLAIN; // 0 before the text and after it
  if (kind(at) & kind(at - 1)) return false;
  const after = text[end] === "s" && /[a-z]/.test(text[end - 1]) ? end + 1 : end;
  return !(kind(after - 1) & kind(after));
}

// The pages that meet a clause, with all the segments that do. `less` makes another name than the typed one count a
// little less, and the words of a term that stand apart count like any text.
function meet(index, clause, among) {
  const typed = clause.typed.map((ways) => union(ways.map((word) => find(index, word, { among }))));
  const pages = typed.reduce((kept, next) => new Map([...kept].filter(([page]) => next.has(page))
    .map(([page, places]) => [page, merged(places, next.get(page))])));
  if (typed.length > 1) for (const places of pages.values()) for (const hit of places.values()) hit.apart = true;
  // Where "negative pair" stands, "negative" has been found.
  const isLonger = (name) => clause.names.some((other) => name.startsWith(`${other} `) || name.endsWith(` ${other}`));
  const names = clause.names.filter((name) => name === clause.phrase ? typed.length > 1 : !isLonger(name));
  const named = names.map((name) => {
    const found = find(index, name, { whole: true, among });
    if (name !== clause.phrase) for (const places of found.values()) for (const hit of places.values()) hit.less = 0.4;
    return found;
  });
  return union([pages, ...named]);
}

function union(finds) {
  const [all = new Map(), ...others] = finds;
  for (const found of others) {
    for (const [page, places] of found) all.set(page, all.has(page) ? merged(all.get(page), places) : places);
  }
  return all;
}

function merged(places, more) {
  const all = new Map(places);
  const rank = (hit) => (hit.apart ? 0 : 2) + (hit.whole ? 1 : 0) - (hit.less ?? 0);
  for (const [segment, hit] of more) if (!all.has(segment) || rank(hit) > rank(all.get(segment))) all.set(segment, hit);
  return all;
}

// 4. Ordering: the best field counts first; the number of places and an early one decide among equals.

function worth(index, segment, hit) {
  return hit.apart ? TEXT : index.segments.field[segment] + (hit.whole ? 1 : 0) - (hit.less ?? 0);
}

function score(index, page, places) {
  const { start } = index.segments;
  let best = 0, count = 0, first = Infinity;
  for (const [segment, hit] of places) {
    best = Math.max(best, worth(index, segment, hit));
    count += hit.count;
    first = Math.min(first, hit.at);
  }
  const from = start[index.pages[page].first];
  const early = 1 - (first - from) / (start[index.pages[page + 1]?.first ?? start.length - 1] - from);
  // A page that is no paper's (list, results, glossary) names everything; the papers come before it.
  return (best + 0.3 * Math.min(1, Math.log(count) / 4) + 0.09 * early) * (index.pages[page].url.startsWith("papers/") ? 1 : 0.5);
}

function search(index, query) {
  const clauses = clausesOf(query, index.terms);
  if (!clauses.length) return [];
  let among = null;
  const met = [];
  for (const clause of clauses) {
    const pages = meet(index, clause, among);
    met.push(pages);
    among = new Set([...pages.keys()].filter((page) => !among || among.has(page)));
    if (!among.size) return [];
  }
  const phrase = fold(query.trim().replace(/\s+/g, " "));
  const together = clauses.length > 1 ? find(index, phrase, { among }) : new Map();
  const found = [...among].map((page) => {
    const all = met.map((pages) => pages.get(page));
    const sum = all.reduce((total, places) => total + score(index, page, places), 0) / all.length;
    return { page, all, total: sum + (together.has(page) ? 0.5 : 0) };
  });
  found.sort((a, b) => b.total - a.total || a.page - b.page);
  const words = [...new Set(clauses.flatMap(({ typed, names }) => [...typed.flat(), ...names]))];
  const pattern = new RegExp(words.map((word) => escaped(word).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
  return found.map(({ page, all }, rank) => {
    const points = found.length - rank;
    return rank < 10 ? shown(index, index.pages[page], all, words, points) : briefly(index, index.pages[page], all, pattern, points);
  });
}
