//! Colours and fonts of the graphs. A page can set its own with the properties
//! `--flame-…`.

use maud::Markup;

/// Rules for all graphs of a page. Texts have a contrast of at least 4.5, in light and
/// in dark. In-app boxes are bold and changes have a sign, so colour is never the only
/// difference.
pub const STYLE: &str = "\
.flame {
  --paper: var(--flame-paper, #ffffff);
  --ink: var(--flame-ink, #26241f);
  --quiet: var(--flame-quiet, #5c5850);
  --foreign: var(--flame-foreign, #e9e4da);
  --in-app: var(--flame-in-app, #a8480b);
  --on-in-app: var(--flame-on-in-app, #ffffff);
  --grown: var(--flame-grown, #b02a1e);
  --on-grown: var(--flame-on-grown, #ffffff);
  --grown-pale: var(--flame-grown-pale, #f7d9d2);
  --shrunk: var(--flame-shrunk, #1c5fa5);
  --on-shrunk: var(--flame-on-shrunk, #ffffff);
  --shrunk-pale: var(--flame-shrunk-pale, #d3e3f4);
  display: block; width: 100%; min-width: 44rem; height: auto;
  background: var(--paper);
  font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace;
}
.flame text { fill: var(--ink); white-space: pre; }
.flame .heading { font: bold 15px system-ui, 'DejaVu Sans', sans-serif; }
.flame .note { fill: var(--quiet); }
.flame .box text { pointer-events: none; }
.flame .box rect { fill: var(--foreign); rx: 2px; }
.flame .box:hover rect { stroke: var(--ink); stroke-width: 1.5; }
.flame .in-app text { font-weight: bold; }
.flame .in-app rect { fill: var(--in-app); }
.flame .in-app text { fill: var(--on-in-app); }
.flame .grown rect { fill: var(--grown-pale); }
.flame .shrunk rect { fill: var(--shrunk-pale); }
.flame .in-app.grown rect { fill: var(--grown); }
.flame .in-app.grown text { fill: var(--on-grown); }
.flame .in-app.shrunk rect { fill: var(--shrunk); }
.flame .in-app.shrunk text { fill: var(--on-shrunk); }
@media (prefers-color-scheme: dark) {
  .flame {
    --paper: var(--flame-paper, #1b1a18);
    --ink: var(--flame-ink, #ece8df);
    --quiet: var(--flame-quiet, #b3ada1);
    --foreign: var(--flame-foreign, #3a3732);
    --in-app: var(--flame-in-app, #f0a35c);
    --on-in-app: var(--flame-on-in-app, #1f1408);
    --grown: var(--flame-grown, #ff9384);
    --on-grown: var(--flame-on-grown, #2a0905);
    --grown-pale: var(--flame-grown-pale, #53302b);
    --shrunk: var(--flame-shrunk, #86bdf5);
    --on-shrunk: var(--flame-on-shrunk, #06192d);
    --shrunk-pale: var(--flame-shrunk-pale, #26394d);
  }
}
@media print {
  .flame { min-width: 0; print-color-adjust: exact; }
}
";

/// A graph as a file, which includes the rules.
pub fn standalone(svg: Markup) -> String {
    let svg = svg.into_string();
    // Attributes escape `>`, so the first one closes the opening tag.
    let (open, rest) = svg.split_once('>').unwrap_or((&svg, ""));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         {open}><style>\n{STYLE}</style>{rest}\n"
    )
}
