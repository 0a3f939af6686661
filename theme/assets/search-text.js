// Part of the search worker: folds texts, so that what is equal to a reader is equal to the machine: in any case, width
// and kind of hyphen, without accents, and without the spaces beside kana and kanji.
"use strict";

// Kanji, kana and full-width forms: text written without spaces.
const CJK = /[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]/;
const SPACE_BESIDE_CJK = /(?<=[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]) | (?=[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff])/g;
const COMBINING = /[\p{M}ﾞﾟ]/u;
const RARE = /[\u0080-\u2fff\ufb00-\ufeff]/;
const REPLACED = [[/[‐-―−]/g, "-"], [/[‘’]/g, "'"], [/[“”]/g, '"'], [/ß/g, "ss"], [/ς/g, "σ"]];

// What is looked up for each letter stands in a table: its kind, and whether it is folded to itself.
const LATIN = 1, KATAKANA = 2, KANJI = 4, PLAIN = 8;
const KINDS = new Uint8Array(65536);
for (const [kind, letters] of [
  [LATIN, "09az__--àɏ"], [KATAKANA, "ァヺーー"], [KANJI, "㐀鿿々々"], [PLAIN, " @[~ぁゖァヺーー、。一鿿"],
]) {
  for (let i = 0; i < letters.length; i += 2) {
    for (let code = letters.charCodeAt(i); code <= letters.charCodeAt(i + 1); code += 1) KINDS[code] |= kind;
  }
}

function fold(text) {
  return foldLetters(text).replace(SPACE_BESIDE_CJK, "");
}

function foldLetters(text) {
  let folded = text.normalize("NFKC").toLowerCase();
  if (!RARE.test(folded)) return folded;
  for (const [found, instead] of REPLACED) folded = folded.replace(found, instead);
  // Accents, variation selectors and what has no width; a stroke through a sign (≠) and the voicing of kana are kept.
  return folded.normalize("NFD").replace(/[\u0300-\u0337\u00ad\u200b-\u200d\ufe00-\ufe0f\ufeff]/g, "").normalize("NFC");
}

// The folded text, and for each of its letters the place in the text that it came from.
function foldedWithPlaces(text) {
  const letters = [], places = [];
  for (let start = 0, end; start < text.length; start = end) {
    end = start + (text.codePointAt(start) > 0xffff ? 2 : 1);
    while (end < text.length && !(KINDS[text.charCodeAt(end)] & PLAIN) && COMBINING.test(text[end])) end += 1;
    const isPlain = end === start + 1 && KINDS[text.charCodeAt(start)] & PLAIN;
    for (const letter of isPlain ? text[start] : foldLetters(text.slice(start, end)).split("")) {
      letters.push(letter);
      places.push(start);
    }
  }
  const isKept = (letter, i) => letter !== " " || !(CJK.test(letters[i - 1] ?? "") || CJK.test(letters[i + 1] ?? ""));
  const kept = letters.map(isKept);
  return {
    folded: letters.filter((_, i) => kept[i]).join(""),
    places: [...places.filter((_, i) => kept[i]), text.length],
  };
}
