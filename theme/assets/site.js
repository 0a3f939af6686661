// What pages cannot do without a script. Everything else works with scripts turned off.

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
const reachable = () => {
  for (const box of document.querySelectorAll(".formula, .md-typeset__table, .md-typeset__scrollwrap, .demo-figure")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
window.addEventListener("load", reachable);
window.addEventListener("resize", reachable);

// 3. Material gives each code block a <nav> without a name for its copy button; a screen reader would list them all.
const unnamed = () => document.querySelectorAll("nav.md-code__nav:not([role])").forEach((nav) => nav.setAttribute("role", "none"));
const content = document.querySelector(".md-content");
if (content) new MutationObserver(unnamed).observe(content, { childList: true, subtree: true });
unnamed();

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
