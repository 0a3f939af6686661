// The search worker. Material's box sends it what was typed and shows what it answers, by four messages; the page
// (search-box.js) hears of the state of the index. Index (paper_notes/search.py) and the other parts of this program are
// loaded at the first query or when the box is entered.
"use strict";

const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3;
const page = self.location.hash ? new BroadcastChannel(self.location.hash) : null;
const parts = ["search-text.js", "search-find.js", "search-show.js"];
let loading = null;
let query = "";

function load() {
  loading ??= (async () => {
    page?.postMessage("loading");
    try {
      for (; parts.length; parts.shift()) importScripts(parts[0]);
      const answer = await fetch(new URL("../search/index.json", self.location.href.split("#")[0]));
      if (!answer.ok) throw new Error(`${answer.status}`);
      const index = prepare(await answer.json());
      page?.postMessage("ready");
      return index;
    } catch (problem) {
      console.error(problem);
      loading = null; // the next query tries again
      page?.postMessage("failed");
      return null;
    }
  })();
  return loading;
}

async function answer(asked) {
  query = asked;
  const index = asked.trim() ? await load() : null;
  // What was typed while the index was on its way has its own answer.
  if (asked === query) postMessage({ type: RESULT, data: { items: index ? search(index, asked) : [] } });
}

page?.addEventListener("message", ({ data }) => { if (data === "load") load(); });
addEventListener("message", ({ data: { type, data } }) => {
  if (type === SETUP) postMessage({ type: READY });
  else if (type === QUERY) answer(data);
});
