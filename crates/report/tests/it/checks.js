// What the tests ask of a page.

const all = (selector) => [...document.querySelectorAll(selector)];

const deadLinks = () =>
    all("a[href]").map((link) => link.getAttribute("href"))
        .filter((to) => !to.startsWith("#") || !document.getElementById(to.slice(1)));

// Where the first link of the overview leads, and whether that is in sight.
const followed = () => {
    document.querySelector(".lessons a").click();
    const box = document.getElementById(location.hash.slice(1)).getBoundingClientRect();
    return [location.hash, box.top >= 0 && box.top < innerHeight / 2];
};

const articles = () => all("article.lesson:not([hidden])").map((article) => article.id);

const pick = (value) => {
    document.querySelector(`input[value=${value}]`).click();
    return articles();
};

const type = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
};

const find = (word) => {
    type(document.getElementById("find"), word);
    return articles();
};

// The width of the widest box below the first of a flame graph.
const widest = () => {
    const boxes = all("svg.flame")[0].querySelectorAll(".box:not([style*=none]) > rect[height='21']");
    return Math.max(...[...boxes].slice(1).map((box) => Number(box.getAttribute("width"))));
};

const rows = () =>
    all(".lessons tbody tr:not([hidden]) a").map((link) => link.textContent);

const tip = () => {
    const tip = document.getElementById("tip");
    return [tip.hidden, tip.textContent];
};

const executed = () => [
    document.title.startsWith("Leaklab"),
    all("img").length,
    all("script").length,
    document.body.textContent.includes("<script>document.title"),
];

const tooWide = () =>
    all("body *")
        .filter((found) => !found.closest(".wide, .code, .frames, .stacks, .skip"))
        .filter((found) => found.getBoundingClientRect().right > innerWidth + 1)
        .map((found) => found.outerHTML.slice(0, 80));

const fits = () => document.documentElement.scrollWidth <= innerWidth;

const tableFits = () => {
    const table = document.querySelector("#overview .wide");
    return table.scrollWidth <= table.clientWidth;
};

const silent = () =>
    all("svg")
        .filter((chart) => !["img", "application"].includes(chart.getAttribute("role"))
            || !chart.querySelector(":scope > title")?.textContent)
        .map((chart) => chart.outerHTML.slice(0, 200));

const undescribed = () =>
    all("figure > svg").filter((chart) => !chart.querySelector(":scope > desc")?.textContent)
        .length;

// Charts in which the names of the lines are closer than a line of text.
const unnamed = () =>
    all("figure > svg").filter((chart) => {
        const names = [...chart.querySelectorAll("g:not(.grid) > text")];
        const [one, other] = names.map((name) => Number(name.getAttribute("y")));
        return Math.abs(one - other) < 14;
    }).map((chart) => chart.getAttribute("aria-label"));

const repeatedIds = () => {
    const ids = all("[id]").map((found) => found.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
};

const unfold = () => {
    for (const part of all("details")) part.open = true;
};

// The least contrast for each pair of colours that occurs: contrast, an example.
// Formulas: WCAG 2.2, relative luminance and contrast ratio.
const contrasts = () => {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([red, green, blue]) => {
        const [r, g, b] = [red, green, blue].map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const worst = new Map();
    for (const element of all("body *")) {
        const own = [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
        const drawn = element instanceof SVGElement;
        if (!own || element.closest("script, style, title, desc, [hidden]")) continue;
        const style = getComputedStyle(element);
        const fore = channels(drawn ? style.fill : style.color);
        // A text on a box of a flame graph has the box before it for its ground.
        const box = drawn && element.parentElement.querySelector(":scope > rect");
        const back = box ? channels(getComputedStyle(box).fill) : ground(element);
        const [light, dark] = [luminance(fore), luminance(back)].sort((a, b) => b - a);
        const contrast = (light + 0.05) / (dark + 0.05);
        const pair = `${fore} on ${back}`;
        if (!worst.has(pair)) {
            worst.set(pair, [contrast, pair, element.outerHTML.slice(0, 100)]);
        }
    }
    return [...worst.values()];
};
