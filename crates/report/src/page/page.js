// What the page does beyond being read: values under the pointer, find, filters, sorting,
// folding, zoom. Without it, everything is there.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const made = (name, properties) => Object.assign(document.createElement(name), properties);
  const tip = byId("tip");
  const hide = () => { tip.hidden = true; };
  const say = (text, left, bottom) => {
    tip.textContent = text;
    tip.hidden = false;
    const most = document.documentElement.clientWidth - tip.offsetWidth - 4;
    tip.style.left = `${scrollX + Math.max(0, Math.min(left, most))}px`;
    tip.style.top = `${scrollY + Math.max(0, bottom - tip.offsetHeight)}px`;
  };

  // A chart: every line at one x, in the words of its table of values.
  const number = (text) => Number(text.replace(/[^\d.-]/g, ""));
  for (const figure of all("figure")) {
    const chart = figure.querySelector("svg");
    // The arrow keys work: a screen reader has to pass them on.
    chart.setAttribute("role", "application");
    const [head, ...rows] = all("tr", figure).map((row) => [...row.cells].map((cell) => cell.textContent));
    const lines = all("g:not(.grid)", chart).map((line) => all("circle", line));
    const spots = lines.reduce((one, other) => (other.length > one.length ? other : one), []);
    if (spots.length === 0) continue;
    const cross = document.createElementNS(chart.namespaceURI, "line");
    let current = spots.length - 1;
    const show = (n) => {
      current = Math.max(0, Math.min(n, spots.length - 1));
      const [x, ...values] = rows[current];
      const names = head.slice(1).map((name) => name.split(",")[0]);
      const told = values.map((value, n) => `${names[n]} ${value}`);
      if (values.length === 2 && values.every(Boolean)) {
        const between = number(values[0]) - number(values[1]);
        told.push(`difference ${between.toLocaleString("en")}${/ B$/.test(values[0]) ? " B" : ""}`);
      }
      const at = spots[current].getAttribute("cx");
      for (const [name, value] of Object.entries({ class: "cross", x1: at, x2: at, y1: 10, y2: 240 })) {
        cross.setAttribute(name, value);
      }
      chart.append(cross);
      const box = chart.getBoundingClientRect();
      const scale = box.width / chart.viewBox.baseVal.width;
      say(`${x} ${head[0]}: ${told.join(", ")}`, box.left + at * scale + 8, box.top);
    };
    const leave = () => { hide(); cross.remove(); };
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * chart.viewBox.baseVal.width;
      const away = (n) => Math.abs(spots[n].getAttribute("cx") - x);
      show(spots.reduce((best, _, n) => (away(n) < away(best) ? n : best), 0));
    });
    chart.addEventListener("focus", () => show(current));
    chart.addEventListener("pointerleave", leave);
    chart.addEventListener("blur", leave);
    chart.addEventListener("keydown", (event) => {
      const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: Infinity }[event.key];
      if (event.key === "Escape") leave();
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
  }

  // A flame graph: a click or Enter makes a box as wide as the graph, Escape undoes it;
  // arrows go from box to box.
  const flame = (svg) => {
    const boxes = all("g.box", svg).filter((box) => box.querySelector("title")).map((group) => {
      const [title, rect, text] = ["title", "rect", "text"].map((part) => group.querySelector(part));
      const [x, y, width] = ["x", "y", "width"].map((name) => Number(rect.getAttribute(name)));
      const words = title.textContent;
      // The tip says the same, at once.
      title.remove();
      return { group, rect, text, label: text?.textContent, words, x, y, width };
    });
    let at = boxes[0];
    const draw = (wide) => {
      for (const box of boxes) {
        const left = Math.max(box.x, wide.x);
        const right = Math.min(box.x + box.width, wide.x + wide.width);
        box.group.style.display = right - left > 0.01 ? "" : "none";
        const x = (left - wide.x) / wide.width * 1200;
        const width = Math.max(0.8, (right - left) / wide.width * 1200);
        box.rect.setAttribute("x", x.toFixed(1));
        box.rect.setAttribute("width", width.toFixed(1));
        if (!box.text) {
          box.text = document.createElementNS(svg.namespaceURI, "text");
          box.text.setAttribute("y", box.y + 15);
          box.group.append(box.text);
        }
        const [name, ...rest] = box.words.split("\n");
        const words = [name.split("::").slice(-2).join("::"), ...rest].join("  ");
        const room = Math.floor((width - 10) / 7.85);
        box.text.setAttribute("x", x + 5);
        box.text.textContent = room < 4 ? "" : words.length > room ? `${words.slice(0, room - 1)}…` : words;
      }
    };
    const whole = { x: 0, width: 1200 };
    const show = (box) => {
      if (!box) return;
      at.group.classList.remove("at");
      at = box;
      at.group.classList.add("at");
      const place = at.rect.getBoundingClientRect();
      say(at.words, place.left, place.top);
    };
    const within = (inner, outer) => inner.x >= outer.x - 0.5 && inner.x < outer.x + outer.width;
    const row = (y) => boxes.filter((box) => Math.abs(box.y - y) < 1 && box.group.style.display === "");
    const beside = (step) => { const same = row(at.y); return same[same.indexOf(at) + step]; };
    const moves = {
      ArrowDown: () => row(at.y + 22).find((box) => within(box, at)),
      ArrowUp: () => row(at.y - 22).find((box) => within(at, box)),
      ArrowRight: () => beside(1),
      ArrowLeft: () => beside(-1),
    };
    const pointed = (event) => boxes.find((box) => box.group === event.target.closest("g.box"));
    svg.addEventListener("click", (event) => {
      const box = pointed(event);
      draw(box && box.y !== boxes[0].y ? box : whole);
    });
    svg.addEventListener("pointermove", (event) => (pointed(event) ? show(pointed(event)) : hide()));
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      if (event.key === "Enter") draw(at);
      else if (event.key === "Escape") { hide(); draw(whole); }
      else if (!moves[event.key]) return;
      event.preventDefault();
      if (moves[event.key]) show(moves[event.key]());
      else if (event.key === "Enter") show(at);
    });
    show(at);
  };
  for (const svg of all("svg.flame")) {
    if (!svg.querySelector("g.box > title")) continue;
    svg.setAttribute("tabindex", 0);
    let ready = false;
    const prepare = () => { if (!ready) { ready = true; flame(svg); } };
    svg.addEventListener("pointerenter", prepare);
    svg.addEventListener("focus", prepare);
  }

  // Find and filters: by any word of a lesson's row or section, and by verdict.
  const filter = byId("filter");
  const find = byId("find");
  const shown = byId("shown");
  const articles = all("article.lesson");
  const claims = all(".claim");
  const rows = (id) => all(`tr[data-lesson="${CSS.escape(id)}"]`);
  const boxes = all(".flame g.box").map((box) => [box, box.textContent.toLowerCase()]);
  const texts = new Map(articles.map((article) => {
    const found = [...rows(article.id), article].map((part) => part.textContent);
    return [article.id, found.join(" ").toLowerCase()];
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
    for (const claim of claims) claim.hidden = !claim.textContent.toLowerCase().includes(word);
    for (const others of all("details.others")) others.open = word !== "";
    for (const [box, text] of boxes) {
      box.classList.toggle("match", word.length > 1 && text.includes(word));
    }
    const inClaims = claims.filter((claim) => !claim.hidden).length;
    shown.textContent = `${count} of ${articles.length}`
      + (word && claims.length > 0 ? `, and ${inClaims} claims` : "")
      + (count + inClaims === 0 ? ": nothing has this word" : "");
  };
  const state = new URLSearchParams(location.search);
  const remember = () => {
    const kind = filter.querySelector("input[name=show]:checked").value;
    const query = new URLSearchParams();
    if (find.value) query.set("q", find.value);
    if (kind !== "all") query.set("show", kind);
    const search = query.size > 0 ? `?${query}` : "";
    // Some browsers refuse it for files.
    try { history.replaceState(null, "", location.pathname + search + location.hash); } catch {}
  };
  filter.hidden = false;
  find.value = state.get("q") ?? "";
  const kept = byId(state.get("show") ?? "all");
  if (kept && filter.contains(kept)) kept.checked = true;
  filter.addEventListener("input", () => { apply(); remember(); });
  apply();

  // How long a container lasts, at the rate and with the memory that are chosen.
  const cells = all("td[data-at-start]");
  const field = (value) => made("input", { type: "number", min: 1, value, className: "few" });
  const rate = field(100);
  const memory = field(256);
  const lasts = (seconds) => {
    const [unit, name] = [[86400, "days"], [3600, "h"], [60, "min"], [1, "s"]]
      .find(([unit]) => seconds >= 2 * unit) ?? [1, "s"];
    return `${Math.round(seconds / unit)}\u00a0${name}`;
  };
  const forecast = () => {
    for (const cell of cells) {
      const room = memory.value * 1048576 - cell.dataset.atStart;
      const slope = number(cell.parentElement.querySelector(".figure").textContent);
      const requests = Math.max(0, room / slope);
      const notation = requests < 1e6 ? "standard" : "compact";
      const digits = requests.toLocaleString("en", { notation, maximumSignificantDigits: 2 });
      cell.textContent = `${lasts(requests / rate.value)} (${digits}\u00a0requests)`;
    }
  };
  if (cells.length > 0) {
    const labels = [["Full at ", rate, " requests/s"], [" with ", memory, " MiB"]].map((parts) => {
      const label = made("label");
      label.append(...parts);
      return label;
    });
    const line = made("p");
    line.append(...labels);
    filter.after(line);
    line.addEventListener("input", forecast);
    forecast();
  }

  // A click on the head of a column of figures sorts by it; another restores the order.
  for (const table of all("table.lessons")) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    all("thead th", table).forEach((head, column) => {
      // Exponents of peaks are no bytes, and come last.
      const text = (row) => row.cells[column]?.querySelector(".figure")?.textContent;
      const order = (row) => (/^[+-]/.test(text(row)) ? number(text(row)) : -Infinity);
      if (!original.some(text)) return;
      const button = made("button", { textContent: head.textContent, title: "Sort by this column" });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const sorted = head.ariaSort === "descending";
        for (const other of all("th", table)) other.removeAttribute("aria-sort");
        const first = original.filter((row) => row.querySelector("th a"));
        if (!sorted) {
          head.ariaSort = "descending";
          first.sort((one, other) => order(other) - order(one));
        }
        for (const row of first) {
          body.append(...original.filter((other) => other.dataset.lesson === row.dataset.lesson));
        }
      });
    });
  }

  // A bar with the lesson in view, and the ones before and after it.
  const bar = made("nav", { className: "bar", hidden: true });
  bar.setAttribute("aria-label", "Lessons in order");
  const up = made("a", { href: "#overview", textContent: "All" });
  const [back, here, next] = ["a", "b", "a"].map((name) => made(name));
  bar.append(up, back, here, next);
  document.body.prepend(bar);
  const skip = document.querySelector(".skip");
  if (skip) document.body.prepend(skip);
  const neighbours = () => {
    const open = articles.filter((article) => !article.hidden);
    const at = open.findLastIndex((article) => article.getBoundingClientRect().top < 100);
    return [open[at - 1], open[at], open[at + 1]];
  };
  const follow = () => {
    const [before, at, after] = neighbours();
    bar.hidden = !at;
    here.textContent = at?.querySelector("h2").textContent ?? "";
    for (const [link, article, sign] of [[back, before, "←"], [next, after, "→"]]) {
      link.hidden = !article;
      if (article) link.href = `#${article.id}`;
      if (article) link.textContent = `${sign} ${article.querySelector("h2").textContent}`;
    }
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const [before, , after] = neighbours();
    const to = { j: after, k: before }[event.key];
    if (to) location.hash = `#${to.id}`;
    if (event.key === "/") {
      event.preventDefault();
      find.focus();
    }
  });

  // A link leads to what it names, folded or filtered away as it may be. The beginning of
  // a lesson's name is enough.
  const reveal = () => {
    let name;
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const begins = (article) => name !== "" && article.id.startsWith(name);
    const target = byId(name) ?? articles.find(begins);
    if (!target) return;
    if (target.matches("input")) {
      target.click();
      return;
    }
    if (target.hidden) {
      find.value = "";
      filter.querySelector("input[value=all]").checked = true;
      apply();
    }
    for (let part = target; part; part = part.parentElement?.closest("details")) {
      if (part instanceof HTMLDetailsElement) part.open = true;
    }
    target.scrollIntoView();
    follow();
  };
  addEventListener("hashchange", reveal);
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  reveal();

  // Paper does not fold out.
  addEventListener("beforeprint", () => {
    for (const part of all("details.part:not(.flat)")) part.open = true;
  });
})();
