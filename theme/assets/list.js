// The reading list: filters, order, and both in the address. Without this script the whole list stands there by chapter.
{
  const tools = document.querySelector(".list-tools");
  const start = () => {
    const controls = [...tools.querySelectorAll("[name]")];
    const control = Object.fromEntries(controls.map((each) => [each.name, each]));
    const count = tools.querySelector("[role=status]");
    const take = tools.querySelector(".list-take");
    const resets = tools.querySelectorAll(".list-reset");
    const none = tools.querySelector(".list-none");
    const flat = document.querySelector(".list-sorted");
    const chapters = [...document.querySelectorAll("section > .papers")]
      .filter((list) => !flat.contains(list))
      .map((list) => ({ list, parts: [list.parentElement, list.parentElement.previousElementSibling], rows: [...list.children] }));
    const elements = chapters.flatMap(({ rows }) => rows);

    // 1. What a row is found by. Letters are compared without case, width and accents; the marks of kana (か, が) count.
    const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFKC").toUpperCase().toLowerCase();
    const PARTS = [".paper-name", ".paper-title", ".paper-meta", ".paper-claim", ".keywords"];
    const read = (element) => {
      const [name, title, meta, claim, keywords] = PARTS.map((part) => element.querySelector(part));
      const words = [...keywords.children].map((word) => word.textContent);
      const { venue, year, status, demo, date, author, also } = element.dataset;
      const full = meta.querySelector(".paper-venue").title;
      const text = fold([name, title, meta, claim].map((part) => part.textContent).concat(full, words, also).join("\n"));
      return { element, text, title: title.textContent, keyword: words, venue, year, status, demo, date, author };
    };
    // Reading a thousand rows takes a moment: it happens after the page is shown, at the latest at the first key.
    let known;
    const rows = () => (known ??= elements.map(read));
    (window.requestIdleCallback ?? setTimeout)(() => rows());

    // 2. Which rows are shown.
    const value = ({ type, checked, value }) => (type === "checkbox" ? (checked ? "yes" : "") : value.trim());
    const filters = () => controls.filter((each) => each.name !== "sort" && value(each));
    const picked = (element) => element.querySelector(".pick input").checked;
    const apply = () => {
      const words = fold(control.words.value).split(/\s+/).filter(Boolean);
      const wanted = filters().map((each) => [each.name, value(each)]).filter(([name]) => name !== "words");
      const fits = (row) =>
        words.every((word) => row.text.includes(word)) &&
        wanted.every(([name, value]) => {
          if (name === "picked") return picked(row.element);
          return name === "keyword" ? row.keyword.includes(value) : row[name] === value;
        });
      let shown = 0;
      for (const row of rows()) {
        const hidden = !fits(row);
        if (row.element.hidden !== hidden) row.element.hidden = hidden;
        shown += !hidden;
      }
      showChapters();
      const all = elements.length;
      count.textContent = (shown === all ? count.dataset.all : count.dataset.some).replace("{all}", all).replace("{shown}", shown);
      take.textContent = take.dataset.words.replace("{shown}", shown);
      take.disabled = shown === 0;
      none.hidden = shown > 0;
      for (const reset of resets) reset.hidden = filters().length === 0;
    };
    // A chapter without a row shown goes away, and so does its line in the table of contents.
    const showChapters = () => {
      const sorted = control.sort.value !== "";
      flat.hidden = !sorted || elements.every((element) => element.hidden);
      for (const { rows: own, parts } of chapters) {
        const hidden = sorted || own.every((element) => element.hidden);
        const [, heading] = parts;
        const entries = [...document.querySelectorAll(`.md-nav__link[href="#${heading.id}"]`)].map((link) => link.parentElement);
        for (const part of [...parts, ...entries]) part.hidden = hidden;
      }
    };

    // 3. The order. Equal ones keep that of the page.
    const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
    const ORDERS = {
      "year-new": (one, other) => compare(other.year, one.year),
      "year-old": (one, other) => compare(one.year, other.year),
      title: (one, other) => compare(one.title, other.title),
      author: (one, other) => compare(one.author, other.author),
      venue: (one, other) => compare(one.venue, other.venue) || compare(other.year, one.year),
      date: (one, other) => compare(other.date, one.date),
    };
    let order = "";
    const arrange = () => {
      if (control.sort.value === order) return;
      order = control.sort.value;
      if (order) flat.querySelector("ul").append(...[...rows()].sort(ORDERS[order]).map(({ element }) => element));
      else for (const { list, rows: own } of chapters) list.append(...own);
    };

    // 4. The address.
    const remember = () => {
      const address = new URL(location);
      for (const each of controls) {
        if (value(each)) address.searchParams.set(each.name, value(each));
        else address.searchParams.delete(each.name);
      }
      if (address.href !== location.href) history.replaceState(history.state, "", address);
    };
    // While somebody types, browsers refuse too many changes of the address.
    let timer;
    const rememberSoon = () => {
      clearTimeout(timer);
      timer = setTimeout(remember, 200);
    };
    const restore = () => {
      const { searchParams } = new URL(location);
      for (const each of controls) {
        const kept = searchParams.get(each.name) ?? "";
        // A value that no paper has gives an empty list, and not the whole one without a word.
        const strange = each.tagName === "SELECT" && ![...each.options].some((option) => option.value === kept);
        if (strange && each !== control.sort) each.add(new Option(kept, kept));
        if (each.type === "checkbox") each.checked = kept !== "";
        else each.value = strange && each === control.sort ? "" : kept;
      }
      if (filters().length || control.sort.value !== order || known) {
        arrange();
        apply();
      }
    };

    tools.addEventListener("input", ({ target }) => {
      if (target === control.sort) arrange();
      apply();
      rememberSoon();
    });
    tools.addEventListener("change", remember);
    for (const reset of resets) {
      reset.addEventListener("click", () => {
        for (const each of filters()) {
          if (each.type === "checkbox") each.checked = false;
          else each.value = "";
        }
        apply();
        remember();
        control.words.focus();
      });
    }
    document.addEventListener("basketchange", () => {
      control.picked.parentElement.hidden = !control.picked.checked && !elements.some(picked);
      if (control.picked.checked) apply();
    });
    window.addEventListener("popstate", restore);
    // The other language's list with the same filters: values are equal in both.
    const other = document.querySelector(".language-switch");
    for (const event of ["pointerover", "pointerdown", "focus", "click"]) {
      other?.addEventListener(event, () => {
        remember();
        const address = new URL(other.href);
        address.search = location.search;
        other.href = address;
      });
    }
    restore();
  };
  if (tools) start();
}
