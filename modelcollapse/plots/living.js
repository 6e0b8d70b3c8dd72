// Draws every chart that `living` left on a page; `View` and `parse` are Vega's, and `dark` is
// what CSS gives a chart in the dark.

const hidden = "position: absolute; width: 1px; height: 1px; overflow: hidden; "
  + "clip-path: inset(50%); white-space: nowrap";

function draw(figure) {
  figure.dataset.drawn = "yes";
  const part = (name) => figure.querySelector(".living-" + name);
  const [chart, form] = [part("chart"), part("controls")];
  const spec = JSON.parse(part("spec").textContent);
  const drawing = document.createElement("div");
  drawing.className = "living-drawing";
  chart.style.cssText = "display: block; width: 100%"; // JupyterLab would shrink it
  let drawn = chart.clientWidth;

  const view = new View(parse(spec), { renderer: "svg", hover: true });
  view.initialize(drawing);
  if (drawn) view.width(drawn);
  view.runAsync().then(function () {
    // What a screen reader meets is one picture, and the sentence below it.
    for (const name of ["role", "aria-roledescription", "aria-label"]) drawing.removeAttribute(name);
    const svg = drawing.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", spec.description);
    svg.firstElementChild.setAttribute("aria-hidden", "true");
    svg.style.display = "block";
    chart.replaceChildren(drawing);
    part("note").remove();
    control(view, form);
    if (part("says")) tell(view, part("says"));
    new ResizeObserver(fit).observe(chart);
  });

  // A new width that happens to be that of the drawing without its padding passes for no change:
  // hence `force`.
  let busy = false;
  function fit() {
    const room = chart.clientWidth;
    if (busy || !room || room === drawn) return;
    busy = true;
    drawn = room;
    view.signal("width", room, { force: true }).runAsync().then(function () {
      busy = false;
      fit();
    });
  }
}

// The controls set the signals of their names, and follow where something else sets these.
function control(view, form) {
  const valueOf = (input) => input.type === "checkbox" ? input.checked : JSON.parse(input.value);
  const write = (input) => {
    if (input.type === "range") input.nextElementSibling.textContent = input.value;
  };
  let source;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", function ({ target }) {
    write(target);
    view.runAsync(null, function () {
      if (view.signal(target.name) === valueOf(target)) return;
      source = target.name;
      view.signal(target.name, valueOf(target));
    });
  });
  for (const name of new Set([...form.elements].map((input) => input.name))) {
    const inputs = [...form.elements].filter((input) => input.name === name);
    view.addSignalListener(name, function (_, value) {
      if (source === name) return (source = undefined);
      for (const input of inputs) {
        if (input.type === "checkbox") input.checked = value;
        else if (input.type === "radio") input.checked = valueOf(input) === value;
        else input.value = typeof value === "string" ? JSON.stringify(value) : value;
        write(input);
      }
    });
    for (const input of inputs) input.disabled = false;
  }

  // A swipe that begins on a slider and becomes scrolling has not moved the slider.
  let held;
  form.addEventListener("pointerdown", function ({ target }) {
    held = target.type === "range" ? target.value : undefined;
  });
  form.addEventListener("pointercancel", function ({ target }) {
    if (held === undefined || target.type !== "range") return;
    target.value = held;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// The sentence follows at once for the eyes; a screen reader gets it when the moving has ended.
function tell(view, says) {
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  status.style.cssText = hidden;
  status.textContent = says.textContent;
  says.setAttribute("aria-hidden", "true");
  says.after(status);
  let rest;
  view.addSignalListener("says", function (_, sentence) {
    says.textContent = sentence;
    says.style.minHeight = says.offsetHeight + "px"; // what lies below moves once at most
    clearTimeout(rest);
    rest = setTimeout(() => (status.textContent = sentence), 500);
  });
}

if (!document.querySelector("style.living-dark")) {
  const style = document.createElement("style");
  style.className = "living-dark";
  style.textContent = dark;
  document.head.append(style);
}
// Vega measures its text with the fonts that are there.
const faces = ["400 14px", "600 14px"].map((face) => document.fonts.load(face + " 'Course Sans'"));
Promise.allSettled(faces).then(function () {
  document.querySelectorAll("figure.living:not([data-drawn])").forEach(draw);
});
