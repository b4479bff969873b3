// Projects a chapter: P turns it on and off, the arrow keys and the space bar go from
// screen to screen, and from the last screen of a chapter to the next chapter.
"use strict";
(() => {
  const root = document.documentElement;
  const main = document.querySelector("main");
  const buttons = document.querySelector(".right-buttons");
  if (!main || !buttons) return;

  // What scrolls sideways can be scrolled by keys.
  for (const block of document.querySelectorAll("main pre > code, main .table-wrapper")) {
    // Whether it scrolls depends on fonts and styles that may come later.
    block.tabIndex = 0;
  }

  const place = document.createElement("div");
  place.id = "place";
  place.setAttribute("role", "status");
  main.append(place);
  const blocks = [...main.children].filter((block) => block !== place);
  let screens = [];
  let at = 0;

  // A heading begins a screen; so does a block that would not fit below those before it.
  const divide = () => {
    for (const block of blocks) block.classList.remove("off");
    const room = innerHeight * 0.82;
    let height = 0;
    screens = [];
    for (const block of blocks) {
      const heading = /^H[123]$/.test(block.tagName);
      const last = screens.at(-1);
      const alone = last?.length === 1 && /^H[123]$/.test(last[0].tagName);
      const more = block.offsetHeight;
      if (!last || heading || (height + more > room && !alone)) {
        screens.push([block]);
        height = more;
      } else {
        last.push(block);
        height += more;
      }
    }
  };

  const show = (n) => {
    at = Math.max(0, Math.min(n, screens.length - 1));
    for (const block of blocks) block.classList.toggle("off", !screens[at].includes(block));
    const part = screens.slice(0, at + 1).flat().findLast((block) => /^H[123]$/.test(block.tagName));
    place.textContent = `${part?.textContent.trim() ?? ""} · ${at + 1} of ${screens.length}`;
    scrollTo(0, 0);
  };

  const keep = (key, value) => {
    try { sessionStorage.setItem(key, value); } catch { /* Not for files in some browsers. */ }
  };
  const kept = (key) => {
    try { return sessionStorage.getItem(key); } catch { return null; }
  };
  const project = (on, screen) => {
    root.classList.toggle("projected", on);
    keep("projected", on ? "yes" : "");
    if (on) {
      divide();
      show(screen);
    } else {
      for (const block of blocks) block.classList.remove("off");
    }
  };
  const turn = (step) => {
    if (screens[at + step]) return show(at + step);
    const link = document.querySelector(step > 0 ? ".nav-chapters.next" : ".nav-chapters.previous");
    if (!link) return;
    keep("from", step > 0 ? "start" : "end");
    location.href = link.href;
  };

  const button = document.createElement("button");
  button.className = "icon-button";
  button.type = "button";
  button.title = "Project this chapter (P)";
  button.textContent = "Project";
  button.addEventListener("click", () => project(true, 0));
  buttons.prepend(button);

  const keys = {
    ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1,
  };
  // Before mdBook's own keys, of which the arrows change the chapter.
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
    const on = root.classList.contains("projected");
    if (event.key === "p" || event.key === "P") project(!on, 0);
    else if (on && event.key === "Escape") project(false);
    else if (on && event.key in keys && event.target.tagName !== "BUTTON") turn(keys[event.key]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  addEventListener("resize", () => { if (root.classList.contains("projected")) project(true, at); });

  if (kept("projected") === "yes") {
    addEventListener("load", () => {
      project(true, 0);
      if (kept("from") === "end") show(screens.length - 1);
      keep("from", "start");
    });
  }
})();
