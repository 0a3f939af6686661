// The basket: papers that a reader selects, on the list or on their pages, to cite them together. It is kept in the
// browser, shared by both languages; where the browser keeps nothing it lasts as long as the page.
{
  const place = `${window.__md_scope?.pathname ?? "/"}.basket`;
  const asList = (value) => (Array.isArray(value) ? [...new Set(value.filter((slug) => typeof slug === "string"))] : []);
  let keeps = true;
  const kept = () => {
    try {
      return asList(JSON.parse(localStorage.getItem(place)));
    } catch {
      return [];
    }
  };
  let chosen = kept();
  const keep = () => {
    try {
      localStorage.setItem(place, JSON.stringify(chosen));
    } catch {
      keeps = false;
    }
  };

  const boxes = [...document.querySelectorAll(".pick input")];
  const basket = document.querySelector("#basket.basket");
  const notice = basket?.querySelector(".basket-note");
  const bar = basket?.querySelector(".basket-bar");
  const format = bar?.querySelector("select");
  const details = bar?.querySelector(".basket-text");
  const area = details?.querySelector("textarea");
  const said = bar?.querySelector(".basket-said");
  const spoken = basket?.querySelector(".basket-spoken");
  const say = (element, words) => {
    element.textContent = words;
    spoken.textContent = words;
  };
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const counted = (element) => fill(element.dataset.words, { count: chosen.length });

  const show = () => {
    for (const box of boxes) box.checked = chosen.includes(box.value);
    for (const link of document.querySelectorAll(".basket-toggle a")) {
      link.hidden = chosen.length === 0;
      link.textContent = counted(link);
    }
    if (basket) {
      bar.hidden = chosen.length === 0;
      const count = bar.querySelector(".basket-count");
      count.textContent = counted(count);
      said.textContent = "";
      showText();
    }
    document.dispatchEvent(new Event("basketchange"));
  };
  const choose = (slugs) => {
    chosen = asList(slugs);
    if (notice) notice.hidden = true;
    keep();
    show();
  };
  for (const box of boxes) {
    box.addEventListener("change", () => choose(box.checked ? [...chosen, box.value] : chosen.filter((slug) => slug !== box.value)));
  }
  window.addEventListener("storage", ({ key }) => {
    if (key !== place) return;
    chosen = kept();
    show();
  });
  // A page taken back out of the browser's memory may be older than the basket.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted || !keeps) return;
    chosen = kept();
    show();
  });

  // 1. Citations. They are one script, so that they also load without a server, and only when somebody asks for them.
  let loading;
  const citations = () =>
    (loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = basket.dataset.citations;
      script.onload = () => resolve(window.paperCitations);
      script.onerror = () => {
        loading = undefined;
        script.remove();
        reject(new Error(script.src));
      };
      document.head.append(script);
    }));
  const lines = (texts) => texts.map((text) => `${text.trimEnd()}\n`).join("");
  const FORMATS = {
    bibtex: { file: "papers.bib", type: "application/x-bibtex", join: (texts) => texts.join("\n") },
    ris: { file: "papers.ris", type: "application/x-research-info-systems", join: (texts) => texts.join("\n") },
    csl: { file: "papers.json", type: "application/json", join: (items) => `${JSON.stringify(items, null, 2)}\n` },
    apa: { file: "papers-apa.txt", type: "text/plain", join: lines },
    ieee: { file: "papers-ieee.txt", type: "text/plain", join: (texts) => lines(texts.map((each, at) => `[${at + 1}] ${each}`)) },
    markdown: { file: "papers.md", type: "text/markdown", join: (texts) => lines(texts.map((each) => `- ${each}`)) },
  };
  // In the order of the list, however they were selected.
  const text = async (slugs, name) => {
    const all = await citations();
    return FORMATS[name].join(Object.keys(all).filter((slug) => slugs.includes(slug)).map((slug) => all[slug][name]));
  };
  // One paper alone, as its own page copies it: without the number or the dash of several.
  const alone = async (slug, name) => {
    const cited = (await citations())[slug][name];
    return typeof cited === "string" ? cited : FORMATS[name].join([cited]);
  };
  const formatName = () => format.selectedOptions[0].textContent;

  // 2. Copying and saving. Where the browser refuses, the text is shown for copying by hand.
  const copiedLater = async (promise) => {
    try {
      // Given as a promise at once: after waiting, some browsers no longer take it for the reader's own wish.
      const blob = promise.then((content) => new Blob([content], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return true;
    } catch {
      // The way of site.js, which works in older browsers and without https.
      return copied(await promise);
    }
  };
  const showText = async () => {
    if (!details.open) return;
    area.setAttribute("aria-label", fill(basket.dataset.textLabel, { format: formatName() }));
    area.value = await text(chosen, format.value).catch(() => basket.dataset.unread);
  };
  const copyAnd = async (promise, thanks, label) => {
    say(said, "");
    try {
      if (await copiedLater(promise)) return void say(said, thanks);
      notify(basket.dataset.refused, { byHand: await promise, label });
    } catch {
      say(said, basket.dataset.unread);
    }
  };
  const download = async () => {
    say(said, "");
    try {
      const { file, type } = FORMATS[format.value];
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([await text(chosen, format.value)], { type: `${type};charset=utf-8` }));
      link.download = file;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      say(said, basket.dataset.unread);
    }
  };

  // 3. The notice above the bar: what cannot be said in a bar that may not be there.
  const notify = (words, { undo, byHand, label } = {}) => {
    const [button, field] = [notice.querySelector(".basket-undo"), notice.querySelector("textarea")];
    notice.hidden = false;
    say(notice.querySelector("p"), words);
    button.hidden = !undo;
    button.onclick = () => choose(undo);
    field.hidden = !byHand;
    field.value = byHand ?? "";
    field.setAttribute("aria-label", label ?? "");
    if (byHand) field.select();
  };

  // 4. The buttons of a row. Those of the other formats are one group for all rows, made when it is first asked for.
  const copyRow = async (button, slug, { value, textContent: name }) => {
    const citation = alone(slug, value);
    spoken.textContent = "";
    try {
      if (!(await copiedLater(citation))) return void notify(basket.dataset.refused, { byHand: await citation, label: name });
      spoken.textContent = fill(basket.dataset.done, { count: 1, format: name });
      const words = button.textContent;
      if (words === basket.dataset.copied) return;
      button.textContent = basket.dataset.copied;
      setTimeout(() => (button.textContent = words), 2_000);
    } catch {
      notify(basket.dataset.unread);
    }
  };
  const [bibtex, ...others] = format ? format.options : [];
  let group;
  let opener;
  const makeGroup = () => {
    group = document.createElement("div");
    group.className = "row-formats";
    group.setAttribute("role", "group");
    for (const option of others) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button", textContent: option.textContent });
      button.addEventListener("click", () => copyRow(button, opener.dataset.slug, option));
      group.append(button);
    }
    group.addEventListener("keydown", closeByKey);
  };
  const close = () => {
    opener?.setAttribute("aria-expanded", "false");
    opener = undefined;
    group?.remove();
  };
  const closeByKey = (event) => {
    if (event.key !== "Escape" || !opener) return;
    event.stopPropagation();
    opener.focus();
    close();
  };
  const toggle = (button) => {
    const again = button === opener;
    close();
    if (again) return;
    if (!group) makeGroup();
    opener = button;
    button.setAttribute("aria-expanded", "true");
    group.setAttribute("aria-label", button.getAttribute("aria-label"));
    button.closest(".paper-foot").append(group);
  };

  // 5. A link to a selection. Its papers take the place of those selected before, which one click brings back.
  const linked = () => {
    const address = new URL(location);
    address.search = `?papers=${chosen.join(",")}`;
    address.hash = "";
    return address.href;
  };
  const take = () => {
    const address = new URL(location);
    const wanted = address.searchParams.get("papers");
    const before = chosen;
    if (wanted !== null) chosen = asList(wanted.split(",").map((slug) => slug.trim()).filter(Boolean));
    const here = new Set(boxes.map((box) => box.value));
    const unknown = chosen.filter((slug) => !here.has(slug));
    chosen = chosen.filter((slug) => here.has(slug));
    if (wanted === null && unknown.length === 0) return;
    keep();
    // From here on the browser keeps the selection; one that keeps nothing needs it in the address.
    if (keeps && wanted !== null) {
      address.searchParams.delete("papers");
      history.replaceState(history.state, "", address);
    }
    const lost = before.some((slug) => here.has(slug) && !chosen.includes(slug));
    const said = [];
    if (wanted !== null) said.push(fill(basket.dataset.replaced, { count: chosen.length }));
    if (unknown.length > 0) said.push(fill(basket.dataset.unknown, { slugs: unknown.join(", ") }));
    notify(said.join(" "), { undo: wanted !== null && lost ? before : undefined });
  };

  if (basket) {
    take();
    notice.querySelector(".basket-close").addEventListener("click", () => (notice.hidden = true));
    bar.querySelector(".basket-copy").addEventListener("click", () => {
      copyAnd(text(chosen, format.value), fill(basket.dataset.done, { count: chosen.length, format: formatName() }), formatName());
    });
    bar.querySelector(".basket-download").addEventListener("click", download);
    bar.querySelector(".basket-link").addEventListener("click", () => copyAnd(Promise.resolve(linked()), basket.dataset.linked, "URL"));
    bar.querySelector(".basket-clear").addEventListener("click", () => {
      choose([]);
      document.querySelector(".list-take").focus();
    });
    format.addEventListener("change", () => {
      said.textContent = "";
      showText();
    });
    details.addEventListener("toggle", showText);
    document.querySelector(".list-take").addEventListener("click", () => {
      choose([...chosen, ...boxes.filter((box) => !box.closest(".paper").hidden).map((box) => box.value)]);
    });
    for (const button of document.querySelectorAll(".row-copy")) {
      const more = button.classList.contains("row-more");
      button.addEventListener("click", () => (more ? toggle(button) : copyRow(button, button.dataset.slug, bibtex)));
      if (more) button.addEventListener("keydown", closeByKey);
    }
  }
  show();
}
