// What surrounds Material's search box: the state of our index in words, and the marks on the page that a result opens.
// The search itself is in search.js, a worker; window.searchChannel is the name under which page and worker talk.

const SEARCH_STATES = {
  ja: {
    loading: "検索の索引を読み込んでいる。",
    failed: "検索の索引を読み込めなかった。通信を確かめて、もう一度入力すると読み直す。",
  },
  en: {
    loading: "Loading the search index.",
    failed: "The search index could not be loaded. Check the connection; typing again tries once more.",
  },
};

// 1. Entering the box starts loading the index; until it is there, or when it cannot be had, a sentence says so in place
//    of Material's count of results.
const searchDialog = document.querySelector(".md-search");
if (searchDialog && window.searchChannel) {
  const channel = new BroadcastChannel(window.searchChannel);
  const count = searchDialog.querySelector(".md-search-result__meta");
  const sentence = document.createElement("p");
  sentence.className = "search-state";
  for (const element of [sentence, count]) element.setAttribute("role", "status");
  count.before(sentence);
  channel.addEventListener("message", ({ data: state }) => {
    searchDialog.dataset.search = state;
    sentence.textContent = SEARCH_STATES[document.documentElement.lang][state] ?? "";
  });
  const box = searchDialog.querySelector("input");
  box.addEventListener("focus", () => channel.postMessage("load"));
  // Material looks at the box when a key is released: not after pasting with the mouse, dictating or choosing a kanji.
  box.addEventListener("input", () => box.dispatchEvent(new Event("keyup")));
}

// 2. A result's address carries what was found (?h=…): those places are marked without changing the page, and a part that
//    is folded away is opened for them.
const wanted = new URLSearchParams(location.search).getAll("h").filter(Boolean);
const article = document.querySelector(".md-content article");
if (wanted.length && article && window.Highlight) {
  const pattern = new RegExp(wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "gi");
  const ranges = [];
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const match of texts.currentNode.data.matchAll(pattern)) {
      const range = new Range();
      range.setStart(texts.currentNode, match.index);
      range.setEnd(texts.currentNode, match.index + match[0].length);
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
  const target = document.getElementById(named(location.hash));
  const after = (node) => !target || target.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
  const first = ranges.find(({ startContainer }) => after(startContainer))?.startContainer.parentElement;
  for (let box = first?.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
}
