// Keys for what readers do often, and the dialog that lists them (?). Only keys that work on the page are listed.
{
  const KEYS = {
    ja: {
      title: "キーボード操作",
      close: "閉じる",
      on: "1文字のキーを使う（音声入力などで誤って働くときは外す）",
      search: "検索する",
      move: "検索結果を移動する",
      language: "英語で読む（同じ場所）",
      colours: "配色を切り替える",
      cite: "BibTeXをコピーする",
      home: "論文一覧へ移る",
      results: "結果へ移る",
      map: "この一覧を開く",
      escape: "検索、目次、この一覧を閉じる",
    },
    en: {
      title: "Keyboard shortcuts",
      close: "Close",
      on: "Use single-letter keys (switch off if speech input sets them off)",
      search: "Search",
      move: "Move through the results of a search",
      language: "Read in Japanese, at the same place",
      colours: "Switch the colours",
      cite: "Copy the BibTeX entry",
      home: "Go to the list of papers",
      results: "Go to the results",
      map: "Open this list",
      escape: "Close search, contents or this list",
    },
  };
  const words = KEYS[document.documentElement.lang];
  const header = (address) => [...document.querySelectorAll(".site-pages a")].find(({ pathname }) => pathname.endsWith(address));
  const follow = (element) => element.click();
  // Each key: what it does in words, the element that it needs, and how it uses it.
  const actions = {
    l: [words.language, document.querySelector(".language-switch"), (link) => {
      // It learns the place on the page when it is about to be used (site.js).
      link.dispatchEvent(new Event("focus"));
      link.click();
    }],
    t: [words.colours, document.querySelector(".palette-switch"), follow],
    c: [words.cite, document.querySelector('[data-kind="bibtex"] .cite-copy'), (button) => {
      // The box that says whether it was copied may be far away.
      const said = button.closest(".cite-box").querySelector(".cite-said");
      new MutationObserver((_, observer) => {
        if (!said.textContent) return;
        window.alert$?.next(said.textContent);
        observer.disconnect();
      }).observe(said, { childList: true });
      button.click();
    }],
    h: [words.home, document.querySelector(".site-name"), follow],
    r: [words.results, header("/results/"), follow],
    "?": [words.map, document.body, () => open()],
  };
  // Kept beside the choice of colours, in the theme's own store.
  const enabled = () => __md_get("keys") !== false;

  const dialog = document.createElement("dialog");
  dialog.className = "keys md-typeset";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const row = ([keys, what]) => `<tr><th scope="row">${keys.map((key) => `<kbd>${key}</kbd>`).join(" ")}</th><td>${what}</td></tr>`;
  const fill = () => {
    const own = Object.entries(actions).filter(([, [, element]]) => element).map(([key, [what]]) => [[key], what]);
    const rows = [[["/", "s"], words.search], [["↑", "↓"], words.move], ...own, [["Esc"], words.escape]];
    dialog.innerHTML = `<h2 id="keys-title">${words.title}</h2>
      <table class="keys-table"><tbody>${rows.map(row).join("")}</tbody></table>
      <p><label><input type="checkbox"> ${words.on}</label></p>
      <form method="dialog"><button class="button" autofocus>${words.close}</button></form>`;
    const box = dialog.querySelector("input");
    box.checked = enabled();
    box.addEventListener("change", () => __md_set("keys", box.checked));
    document.body.append(dialog);
  };
  const open = () => {
    if (!dialog.isConnected) fill();
    dialog.showModal();
  };
  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.querySelector(".keys-open")?.addEventListener("click", open);

  const TYPED = "textarea, select, input:not([type=checkbox], [type=radio])";
  // Heard before the theme's own keys (/ s f p n), which are to rest too under the dialog or when switched off.
  window.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key.length !== 1 || key === " " || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (target.isContentEditable || target.matches(TYPED) || document.getElementById("__search").checked) return;
    const [, element, act] = actions[key] ?? [];
    if (dialog.open || !enabled()) event.stopImmediatePropagation();
    else if (element) {
      event.preventDefault();
      event.stopImmediatePropagation();
      act(element);
    }
  }, true);
}
