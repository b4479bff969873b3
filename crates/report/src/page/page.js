// What the page does beyond being read: values under the pointer, filters, folding.
// Without it, everything is there.
"use strict";
(() => {
  const tip = document.getElementById("tip");

  // Values of a chart: the nearest spot to the pointer, or the next with an arrow key.
  const show = (chart, spot) => {
    const box = chart.getBoundingClientRect();
    const scale = box.width / chart.viewBox.baseVal.width;
    tip.textContent = spot.text;
    tip.hidden = false;
    const left = box.left + spot.x * scale + scrollX;
    const most = scrollX + document.documentElement.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(scrollX, Math.min(left + 8, most))}px`;
    tip.style.top = `${box.top + spot.y * scale + scrollY - tip.offsetHeight - 6}px`;
  };
  const hide = () => { tip.hidden = true; };
  for (const chart of document.querySelectorAll("svg[data-spots]")) {
    const spots = JSON.parse(chart.dataset.spots);
    if (spots.length === 0) continue;
    let current = -1;
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const scale = box.width / chart.viewBox.baseVal.width;
      const away = (spot) => Math.hypot(
        box.left + spot.x * scale - event.clientX, box.top + spot.y * scale - event.clientY);
      current = spots.reduce((best, spot, n) => away(spot) < away(spots[best]) ? n : best, 0);
      show(chart, spots[current]);
    });
    chart.addEventListener("pointerleave", hide);
    chart.addEventListener("blur", hide);
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (step === undefined) return;
      event.preventDefault();
      current = (current + step + spots.length) % spots.length;
      show(chart, spots[current]);
    });
  }

  // Filters: by any word of a lesson's row or section, and by verdict.
  const filter = document.getElementById("filter");
  const find = document.getElementById("find");
  const shown = document.getElementById("shown");
  const articles = [...document.querySelectorAll("article.lesson")];
  const rows = (id) => document.querySelectorAll(`tr[data-lesson="${CSS.escape(id)}"]`);
  const texts = new Map(articles.map((article) => {
    const row = [...rows(article.id)].map((found) => found.textContent).join(" ");
    const names = [...article.querySelectorAll(".job, .sites")];
    const words = names.map((found) => found.textContent).join(" ");
    return [article.id, `${row} ${words}`.toLowerCase()];
  }));
  const wanted = {
    all: () => true,
    growth: (article) => article.dataset.growth === "true",
    still: (article) => article.dataset.growth === "false",
    odd: (article) => article.dataset.odd === "true",
  };
  const apply = () => {
    const word = find.value.trim().toLowerCase();
    const kind = filter.querySelector("input[name=show]:checked").value;
    let count = 0;
    for (const article of articles) {
      const fits = wanted[kind](article) && texts.get(article.id).includes(word);
      count += fits ? 1 : 0;
      article.hidden = !fits;
      for (const row of rows(article.id)) row.hidden = !fits;
    }
    shown.textContent = `${count} of ${articles.length}`;
  };
  filter.hidden = false;
  filter.addEventListener("input", apply);
  apply();

  // A link leads to what it names, folded or filtered away as it may be.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) {
      find.value = "";
      filter.querySelector("input[value=all]").checked = true;
      apply();
    }
    if (target instanceof HTMLDetailsElement) target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Paper does not fold out.
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details.part, details.claim")) part.open = true;
  });
})();
