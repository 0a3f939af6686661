// What pages cannot do without a script. Everything else works with scripts turned off.

// Gives the id that an address names after its #; the other scripts use it too. What no encoder wrote, such as #%, is
// taken as it stands.
const named = (hash) => {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return hash.slice(1);
  }
};

// 1. The language switch is a plain link to the same page; here it learns the place on the page. Headings have equal ids
//    in both languages.
const languageSwitch = document.querySelector(".language-switch");
if (languageSwitch) {
  const page = languageSwitch.href;
  const headings = [...document.querySelectorAll(".md-content :is(h2, h3, h4, dt)[id]")];
  const keepPlace = () => {
    const below = document.querySelector(".md-header").getBoundingClientRect().bottom + window.innerHeight / 5;
    const current = headings.filter((heading) => heading.getBoundingClientRect().top < below).pop();
    languageSwitch.href = current ? `${page}#${encodeURIComponent(current.id)}` : page;
  };
  // Before each way of following or copying the link; a listener for scrolling would run for nothing.
  for (const event of ["pointerover", "pointerdown", "focus", "click"]) {
    languageSwitch.addEventListener(event, keepPlace);
  }
}

// 2. What is too wide for the screen can be scrolled with the keyboard.
//    Measuring makes the browser lay out what nobody looks at yet: it happens a little at a time, when there is time.
const idle = (run) => window.requestIdleCallback?.(run, { timeout: 200 }) ?? setTimeout(() => run({ timeRemaining: () => 8 }), 50);
let boxes = [];
const reachable = (deadline) => {
  for (let done = 0; boxes.length && (done < 4 || deadline.timeRemaining() > 2); done++) {
    const box = boxes.shift();
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
  if (boxes.length) idle(reachable);
};
const measure = () => {
  boxes = [...document.querySelectorAll(".formula, .md-typeset__scrollwrap, .demo-figure, pre > code")];
  idle(reachable);
};
window.addEventListener("load", measure);
window.addEventListener("resize", measure);

// 3. Code can be copied. Material's own script for that measures each block at once, seconds of work on a phone.
const COPY = { ja: ["コピーする", "コピーした"], en: ["Copy", "Copied"] }[document.documentElement.lang];
for (const code of document.querySelectorAll(".highlight pre > code")) {
  const place = document.createElement("span");
  place.className = "md-code__nav";
  place.innerHTML = `<button type="button" class="md-code__button" data-md-type="copy" title="${COPY[0]}" aria-label="${COPY[0]}"></button>`;
  place.firstChild.addEventListener("click", async () => { if (await copied(code.textContent)) window.alert$.next(COPY[1]); });
  code.before(place);
}

// What is folded away is printed as well, and folded again afterwards.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(".md-content details:not([open])")];
  for (const details of folded) details.open = true;
});
window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

// 4. The definition of a term shows on hover and focus without a script. Here a first touch shows it too, a second one
//    follows the link, and Escape hides it.
let pointer = "";
document.addEventListener("pointerdown", (event) => { pointer = event.pointerType; });
document.addEventListener("click", (event) => {
  const open = document.querySelector(".term-open");
  const term = event.target.closest(".term");
  open?.classList.remove("term-open");
  // A click without a pointer comes from the keyboard.
  if (pointer === "touch" && event.detail > 0 && term && term !== open) {
    event.preventDefault();
    term.classList.add("term-open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const term of document.querySelectorAll(".term:is(:hover, :focus, .term-open)")) {
    term.classList.remove("term-open");
    term.classList.add("term-closed");
    for (const left of ["pointerleave", "blur"]) term.addEventListener(left, () => term.classList.remove("term-closed"), { once: true });
  }
});

// 5. The cite box: each format is copied exactly as its file has it, and a screen reader hears that it was.
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https, or in older browsers: what is selected in a field can still be copied.
    const helper = document.createElement("textarea");
    const focused = document.activeElement;
    helper.value = text;
    helper.className = "visually-hidden";
    document.body.append(helper);
    helper.select();
    const done = document.execCommand("copy");
    helper.remove();
    focused?.focus();
    return done;
  }
};
for (const button of document.querySelectorAll(".cite-copy")) {
  button.addEventListener("click", async () => {
    const shown = button.closest(".cite-panel").querySelector("pre, .cite-line");
    const said = button.closest(".cite-box").querySelector(".cite-said");
    said.textContent = "";
    const done = await copied(shown.textContent);
    if (!done) getSelection().selectAllChildren(shown);
    said.textContent = done ? button.dataset.copied : button.dataset.refused;
  });
}
document.querySelector(".cite-kinds")?.addEventListener("change", () => { document.querySelector(".cite-said").textContent = ""; });

// 6. A link within the page: what stands on the way is laid out only when it comes into view, and gets its real height
//    then (site.css, content-visibility). So its heading is gone to again, until it stays where it is.
const arrive = (target, tries) => {
  target.scrollIntoView();
  const { top } = target.getBoundingClientRect();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    if (tries > 1 && Math.abs(target.getBoundingClientRect().top - top) > 1) arrive(target, tries - 1);
  }));
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href*='#']");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.origin !== location.origin || link.pathname !== location.pathname) return;
  const target = document.getElementById(named(link.hash));
  if (target) requestAnimationFrame(() => arrive(target, 12));
});

// 7. The page's contents, which the theme shows in wide windows only, open over the page elsewhere.
const contents = document.querySelector(".md-sidebar--secondary");
const contentsButton = document.querySelector(".contents-open");
if (contents && contentsButton) {
  contents.id = "contents";
  contentsButton.setAttribute("aria-controls", contents.id);
  const showContents = (shown) => {
    contents.classList.toggle("contents-shown", shown);
    contentsButton.setAttribute("aria-expanded", shown);
  };
  const isShown = () => contents.classList.contains("contents-shown");
  contentsButton.addEventListener("click", () => {
    showContents(!isShown());
    if (isShown()) contents.querySelector("a")?.focus({ preventScroll: true });
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.(".contents-shown a") || !target.closest?.(".contents-shown, .contents-open")) showContents(false);
  });
  // It would lie over what the keyboard goes to next.
  contents.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && relatedTarget !== contentsButton && !contents.contains(relatedTarget)) showContents(false);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !isShown()) return;
    showContents(false);
    contentsButton.focus();
  });
  matchMedia("(min-width: 60em)").addEventListener("change", () => showContents(false));
}
