#!/usr/bin/env node
// Prints what axe-core finds on pages, given as files or addresses. It unfolds each page
// and looks at three widths, in light and in dark.
//
//   scripts/axe.mjs target/leaklab/report.html http://127.0.0.1:7070/
//
// Exit codes: 0 no violations, 1 violations, 77 skipped without a browser or axe-core.
// npm loads axe-core into target/axe once. After --exclude is a selector of parts to leave
// out, such as those that come from elsewhere.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const VERSION = "4.14.1";
const WIDTHS = [390, 1280, 1920];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SHOWN = 3;

const skip = (why) => {
  console.log(`skipped: ${why}`);
  process.exit(77);
};

const library = () => {
  const folder = fileURLToPath(new URL("../target/axe", import.meta.url));
  const file = `${folder}/node_modules/axe-core/axe.min.js`;
  if (!existsSync(file)) {
    const npm = ["install", "--prefix", folder, "--no-audit", "--no-fund",
      "--fetch-retries=0", "--fetch-timeout=20000", `axe-core@${VERSION}`];
    try {
      execFileSync("npm", npm, { stdio: "ignore", timeout: 60_000 });
    } catch {
      skip(`npm cannot load axe-core ${VERSION}`);
    }
  }
  return readFileSync(file, "utf8");
};

const start = async () => {
  // Chromium leaves files behind.
  const TMPDIR = mkdtempSync(`${tmpdir()}/leaklab-axe-`);
  process.on("exit", () => rmSync(TMPDIR, { recursive: true, force: true }));
  const env = { ...process.env, TMPDIR };
  const driver = spawn("chromedriver", ["--port=0"], { env, stdio: ["ignore", "pipe", "ignore"] });
  driver.on("error", () => skip("there is no chromedriver"));
  const port = await new Promise((found) => {
    createInterface(driver.stdout).on("line", (line) => {
      const match = /started successfully on port (\d+)/.exec(line);
      if (match) found(match[1]);
    });
  });
  const send = async (method, path, body) => {
    const url = `http://127.0.0.1:${port}/session${path}`;
    const answer = await fetch(url, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${path}: ${value.message}`);
    return value;
  };
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  // WebDriver allows 30 s by default, which a large page needs on a busy machine.
  const alwaysMatch = { "goog:chromeOptions": { args }, timeouts: { script: 180_000 } };
  const { sessionId } = await send("POST", "", { capabilities: { alwaysMatch } });
  return {
    call: (path, body) => send("POST", `/${sessionId}/${path}`, body),
    close: async () => {
      // If ChromeDriver were killed first, its browser would stay.
      await send("DELETE", `/${sessionId}`);
      driver.kill();
      await new Promise((ended) => driver.on("exit", ended));
    },
  };
};

// The beginning of a script rather than a text for `eval`, which a page's policy forbids.
const script = `${library()};
  const [tags, exclude, done] = arguments;
  for (const part of document.querySelectorAll("details")) part.open = true;
  requestAnimationFrame(() => window.axe
    .run({ exclude }, { runOnly: tags, resultTypes: ["violations"] })
    .then(({ violations }) => done(violations), (error) => done(String(error))));`;

// Each violation of a page once, with the widths and schemes that have it.
const look = async (call, page, exclude) => {
  const url = /^https?:/.test(page) ? page : pathToFileURL(page).href;
  const devtools = (cmd, params) => call("goog/cdp/execute", { cmd, params });
  const all = new Map();
  for (const scheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await devtools("Emulation.setEmulatedMedia", { features });
      const size = { width, height: 800, deviceScaleFactor: 1, mobile: false };
      await devtools("Emulation.setDeviceMetricsOverride", size);
      await call("url", { url });
      const violations = await call("execute/async", { script, args: [TAGS, exclude] });
      if (typeof violations === "string") throw new Error(violations);
      for (const { id, help, nodes } of violations) {
        const found = all.get(id) ?? { id, help, nodes, places: [] };
        found.places.push(`${width} ${scheme}: ${nodes.length}`);
        all.set(id, found);
      }
    }
  }
  return [...all.values()];
};

const pages = process.argv.slice(2);
const exclude = pages[0] === "--exclude" ? [pages.splice(0, 2)[1]] : [];
const { call, close } = await start();
let count = 0;
try {
  await call("timeouts", { script: 300_000 });
  for (const page of pages) {
    for (const { id, help, nodes, places } of await look(call, page, exclude)) {
      count += 1;
      console.log(`${page}: ${id}: ${help} (${places.join(", ")})`);
      for (const { html, failureSummary } of nodes.slice(0, SHOWN)) {
        console.log(`  ${html.slice(0, 160)}\n  ${failureSummary.replace(/\s+/g, " ")}`);
      }
    }
  }
} finally {
  await close();
}
console.log(`${count} violations on ${pages.length} pages`);
process.exit(count > 0 ? 1 : 0);
