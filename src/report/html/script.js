(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const findings = [...document.querySelectorAll(".finding")];
  const texts = new Map();
  for (const f of findings) {
    const file = f.closest(".file").querySelector("h2").textContent;
    texts.set(f, (file + " " + f.querySelector("summary").textContent).toLowerCase());
  }
  const narrow = () => {
    const text = byId("text").value.trim().toLowerCase();
    const rule = byId("rule").value;
    const level = byId("level").value;
    for (const f of findings) {
      f.hidden = !(texts.get(f).includes(text) && (!rule || f.dataset.rule === rule) && (!level || f.dataset.level === level));
    }
    for (const file of document.querySelectorAll(".file")) {
      file.hidden = !file.querySelector(".finding:not([hidden])");
    }
    byId("nothing").hidden = findings.some((f) => !f.hidden);
  };
  byId("filter").addEventListener("input", narrow);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("all").addEventListener("click", () => {
    const open = findings.some((f) => !f.hidden && !f.open);
    for (const f of findings) if (!f.hidden) f.open = open;
    byId("all").textContent = open ? "Close all" : "Open all";
  });
  const reveal = () => {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
