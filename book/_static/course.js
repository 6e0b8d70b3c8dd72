// Opened from a disk, a page may not read the others: search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// An excerpt on the search page is of a page's text, without the tips and the tabs.
if (typeof Search !== "undefined") {
  const textOf = Search.htmlToText;
  const others = /<span class="lab-tip".*?<\/span><\/span>|<nav class="text-and-lab".*?<\/nav>/gs;
  Search.htmlToText = (html, anchor) => textOf(html.replace(others, ""), anchor);
}

// A formula wider than its column scrolls; with the keyboard too, once it can have the focus.
function reachWideFormulas() {
  document.querySelectorAll("span.math, div.math mjx-container").forEach(function (formula) {
    const wide = formula.scrollWidth > formula.clientWidth + 1;
    if (!wide) return formula.removeAttribute("tabindex");
    formula.tabIndex = 0;
    formula.role ??= "group";
    formula.ariaLabel ??= "Formula, wider than the page";
  });
}
window.addEventListener("load", function () {
  if (!window.MathJax || !MathJax.startup) return;
  MathJax.startup.promise.then(reachWideFormulas);
  window.addEventListener("resize", reachWideFormulas);
});

// The theme lets the keyboard reach what it takes for a table that scrolls: here it gets a name, or
// is passed over if nothing of it is hidden.
const reached = new MutationObserver((changes) => changes.forEach(({ target }) => nameTable(target)));
function nameTable(table) {
  if (table.scrollWidth <= table.clientWidth + 2) return table.removeAttribute("tabindex");
  table.role = "group";
  table.ariaLabel = "Table, wider than the page";
}
document.querySelectorAll(".pst-scrollable-table-container").forEach(function (table) {
  reached.observe(table, { attributeFilter: ["tabindex"] });
  if (table.hasAttribute("tabindex")) nameTable(table);
});

// A box that unfolds is called by its title and by what its button says.
window.addEventListener("load", function () {
  document.querySelectorAll("button.toggle-button").forEach(function (button) {
    const title = button.closest(".admonition-title");
    title.id ||= button.id + "-title";
    button.removeAttribute("aria-label");
    button.setAttribute("aria-labelledby", title.id);
  });
});

// Paper is light, whatever the screen is.
window.addEventListener("beforeprint", function () {
  const page = document.documentElement.dataset;
  const theme = page.theme;
  page.theme = "light";
  window.addEventListener("afterprint", () => (page.theme = theme), { once: true });
});

// The script of living figures comes when one of them is near.
const living = document.querySelectorAll("figure.living");
const script = document.createElement("script");
script.src = new URL("living.js", document.currentScript.src);
const near = new IntersectionObserver(
  function (seen) {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    near.disconnect();
    document.head.append(script);
  },
  { rootMargin: "800px" },
);
living.forEach((figure) => near.observe(figure));

// The figure of the front page plays once up to where it stood, and to its end at a button.
const slide = document.querySelector(".kicker ~ .lab-figure input[type=range]");
if (slide) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "living-play", disabled: true });
  button.ariaLabel = "Play the copies";
  button.setAttribute("form", ""); // it is none of the figure's controls
  slide.closest("label").before(button);
  let on;
  const stop = function () {
    cancelAnimationFrame(on);
    button.classList.remove("playing");
    button.ariaLabel = "Play the copies";
  };
  const play = function (end, ms) {
    stop();
    button.classList.add("playing");
    button.ariaLabel = "Stop the copies";
    const start = performance.now();
    const step = function (now) {
      const part = Math.min(1, Math.max(0, now - start) / ms);
      slide.value = Math.round(part * end);
      slide.dispatchEvent(new Event("input", { bubbles: true }));
      if (part < 1) on = requestAnimationFrame(step);
      else stop();
    };
    on = requestAnimationFrame(step);
  };
  for (const kind of ["pointerdown", "keydown"]) slide.addEventListener(kind, stop);
  button.addEventListener("click", function () {
    if (button.classList.contains("playing")) stop();
    else play(+slide.max, 8000);
  });
  const drawn = new MutationObserver(function () {
    drawn.disconnect();
    button.disabled = false;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play(+slide.value, 3000);
  });
  drawn.observe(slide, { attributeFilter: ["disabled"] });
}

// At the end of a page its last heading is the one that is read, however short its section.
const headings = [...document.querySelectorAll(".bd-sidebar-secondary .nav-link")];
const marked = () => headings.find((link) => link.classList.contains("active"));
let atEnd = false, before;
function markTheLast() {
  const last = headings.at(-1);
  const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  if (!last || end === atEnd) return;
  atEnd = end;
  requestAnimationFrame(function () {
    if (end) before = marked();
    (end ? before : last)?.classList.toggle("active", !end && before === last);
    if (end) last.classList.add("active");
    else if (!marked()) before?.classList.add("active");
  });
}
addEventListener("scroll", markTheLast, { passive: true });

// The tip of a number or a checked statement, which CSS shows: here it is put where there is room.
// Escape closes it, the arrow keys go through the claims of one mark; the first tap of a finger
// opens it, the second follows the link.
const refOf = (event) => event.target.closest?.(".lab-ref");
function placeTip(event) {
  const ref = refOf(event);
  if (!ref || ref.contains(event.relatedTarget)) return;
  ref.classList.remove("closed");
  const [link, tip] = [ref.firstChild, ref.lastChild];
  if (!tip.offsetParent) return; // on a phone, where it stands at the foot of the window
  const [at, room] = [link.getBoundingClientRect(), tip.offsetParent.getBoundingClientRect()];
  const end = room.width - parseFloat(getComputedStyle(tip.offsetParent).paddingRight);
  const left = Math.min(at.left - room.left - 12, end - tip.offsetWidth);
  tip.style.setProperty("--tip-left", Math.max(0, left) + "px");
  const below = at.bottom + tip.offsetHeight + 8 < innerHeight || at.top < tip.offsetHeight + 64;
  tip.style.setProperty("--tip-top", below ? "" : -tip.offsetHeight - 8 + "px");
}
document.addEventListener("pointerover", placeTip);
document.addEventListener("focusin", placeTip);
document.addEventListener("keydown", function (event) {
  if (event.key === "Escape")
    document.querySelectorAll(".lab-ref:is(:hover, :focus-within)").forEach(function (ref) {
      if (ref.contains(document.activeElement)) ref.firstChild.focus();
      ref.classList.add("closed");
    });
  const links = [...(refOf(event)?.querySelectorAll("a") ?? [])];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = step && links.length > 2 && links[links.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
let touch, tapped;
document.addEventListener("pointerdown", function (event) {
  touch = event.pointerType === "touch";
});
document.addEventListener("click", function (event) {
  const ref = refOf(event);
  if (ref === tapped) return;
  tapped?.classList.remove("open");
  tapped = touch ? ref : undefined;
  if (!tapped) return;
  event.preventDefault();
  tapped.classList.add("open");
});

// The page of claims: show the rows that hold the words and are of a kind that is pressed.
const filter = document.querySelector(".claims-filter");
if (filter) {
  const rows = [...document.querySelectorAll("table.claims tbody tr")];
  const pick = function () {
    const words = filter.querySelector("input").value.toLowerCase().split(/\s+/);
    const pressed = [...filter.querySelectorAll("[aria-pressed=true]")];
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) ||
        (pressed.length && !pressed.some((button) => row.classList.contains(button.value)));
    }
    for (const lab of document.querySelectorAll(".claims-of")) {
      lab.hidden = !lab.querySelector("tbody tr:not([hidden])");
    }
    const shown = rows.filter((row) => !row.hidden).length;
    filter.querySelector("[role=status]").textContent = `${shown} of ${rows.length} claims`;
  };
  filter.addEventListener("input", pick);
  filter.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (!button) return;
    button.ariaPressed = button.ariaPressed !== "true";
    pick();
  });
  // A link to what the filter hides shows all again.
  const reveal = function () {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    filter.querySelector("input").value = "";
    filter.querySelectorAll("button").forEach((button) => (button.ariaPressed = "false"));
    pick();
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  filter.hidden = false;
  pick();
}
