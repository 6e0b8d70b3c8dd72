// Opened from a disk, a page may not read the others: search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A formula wider than its column scrolls; with the keyboard too, once it can have the focus.
function reachWideFormulas() {
  document.querySelectorAll("span.math, div.math mjx-container").forEach(function (formula) {
    if (formula.scrollWidth > formula.clientWidth + 1) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  });
}
window.addEventListener("load", function () {
  if (!window.MathJax || !MathJax.startup) return;
  MathJax.startup.promise.then(reachWideFormulas);
  window.addEventListener("resize", reachWideFormulas);
});

// Paper is light, whatever the screen is.
window.addEventListener("beforeprint", function () {
  const page = document.documentElement.dataset;
  const theme = page.theme;
  page.theme = "light";
  window.addEventListener("afterprint", () => (page.theme = theme), { once: true });
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
  filter.hidden = false;
  pick();
}
