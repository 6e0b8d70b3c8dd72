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
