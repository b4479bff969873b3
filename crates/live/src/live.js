// Puts each drawing of the server into the page, and sends what is clicked or typed.
'use strict';
(() => {
  const at = (id) => document.getElementById(id);
  const token = location.hash.slice(1);
  // Reloading keeps the token; a copied address bar shows it, so it stays behind the #.
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const narrow = matchMedia('(max-width: 700px)');
  let events, newest, waiting = 0, paused = false, said = '', shown = 0;

  function show() {
    waiting = 0;
    if (!newest || paused) return;
    // Once a second for those who ask for less motion.
    if (still.matches && performance.now() - shown < 950) return;
    shown = performance.now();
    for (const [id, html] of Object.entries(newest.parts)) {
      // A drawing that has not changed keeps its nodes.
      if (at(id).drawn !== html) at(id).innerHTML = at(id).drawn = html;
    }
    press(at('guess'), newest.guess);
    press(at('show-line'), newest.line);
    press(at('calls'), newest.calls);
    press(at('rest'), newest.load === 0);
    document.querySelectorAll('.database').forEach((chip, index) => press(chip, index === newest.database));
    if (newest.say && newest.say !== said) tell(newest.say, !newest.guess);
  }

  function press(button, on) {
    if (button) button.setAttribute('aria-pressed', String(on));
  }

  function tell(text, keep) {
    const toast = at('toast');
    if (keep) said = text;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => { toast.hidden = true; }, 15000);
  }

  function listen() {
    if (events) events.close();
    events = new EventSource('/live/events' + (narrow.matches ? '?narrow' : ''));
    events.onmessage = (event) => {
      newest = JSON.parse(event.data);
      // Another lesson has taken the place of this one.
      if (newest.reload) return location.reload();
      // A tab that nobody sees gets events, but draws none: one drawing waits, not thousands.
      waiting ||= requestAnimationFrame(show);
    };
    events.onerror = () => {
      // The server ends the stream when the run ends; a page cannot tell that from a crash.
      events.close();
      tell('The run has ended. The page keeps its last state.', false);
    };
  }

  async function post(what) {
    const headers = { 'x-leaklab-token': token };
    try {
      const response = await fetch('/live/' + what, { method: 'POST', headers });
      if (!response.ok) tell('Open the address that leaklab printed, with all behind the #.', false);
    } catch {
      tell('The run has ended. The page keeps its last state.', false);
    }
  }

  function pause() {
    paused = !paused;
    press(at('pause'), paused);
    document.body.classList.toggle('paused', paused);
    show();
  }

  function nextDatabase() {
    const chips = [...document.querySelectorAll('.database')];
    if (chips.length && newest) chips[(newest.database + 1) % chips.length].click();
  }

  const click = (selector) => document.querySelector(selector)?.click();
  const keys = {
    ' ': pause,
    r: () => click('[data-post=restart]'),
    g: () => click('#guess'),
    l: () => click('#show-line'),
    c: () => click('#calls'),
    s: () => click('a[download]'),
    f: nextDatabase,
    0: () => click('#rest'),
    '+': () => click('[data-post="load/double"]'),
    '-': () => click('[data-post="load/half"]'),
  };

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = keys[event.key];
    // A focused button takes the space bar itself.
    if (!key || event.target.closest('select') || (event.key === ' ' && event.target.closest('button, a'))) return;
    event.preventDefault();
    key();
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.id === 'pause') pause();
    else post(button.dataset.post);
  });
  at('lesson')?.addEventListener('change', (event) => {
    tell('Ending this run, then starting ' + event.target.selectedOptions[0].text, false);
    post('lesson/' + event.target.value);
  });
  // A machine that slept has lost the connection.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && events.readyState === EventSource.CLOSED) listen();
  });
  narrow.addEventListener('change', listen);
  listen();
})();
