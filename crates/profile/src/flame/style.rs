//! Colours and letters of the graphs. A page may choose its own by setting the
//! properties named `--flame-…`.

use maud::Markup;

/// Rules for every graph of a page. Texts keep a contrast of 4.5 and more on their
/// boxes, in light and in dark; own code also differs in weight, and what grew and
/// shrank by the sign before it, so nothing rests on colour alone.
pub const STYLE: &str = "\
.flame {
  --paper: var(--flame-paper, #ffffff);
  --ink: var(--flame-ink, #26241f);
  --quiet: var(--flame-quiet, #5c5850);
  --foreign: var(--flame-foreign, #e9e4da);
  --own: var(--flame-own, #a8480b);
  --on-own: var(--flame-on-own, #ffffff);
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
.flame .own text { font-weight: bold; }
.flame .own rect { fill: var(--own); }
.flame .own text { fill: var(--on-own); }
.flame .grown rect { fill: var(--grown-pale); }
.flame .shrunk rect { fill: var(--shrunk-pale); }
.flame .own.grown rect { fill: var(--grown); }
.flame .own.grown text { fill: var(--on-grown); }
.flame .own.shrunk rect { fill: var(--shrunk); }
.flame .own.shrunk text { fill: var(--on-shrunk); }
@media (prefers-color-scheme: dark) {
  .flame {
    --paper: var(--flame-paper, #1b1a18);
    --ink: var(--flame-ink, #ece8df);
    --quiet: var(--flame-quiet, #b3ada1);
    --foreign: var(--flame-foreign, #3a3732);
    --own: var(--flame-own, #f0a35c);
    --on-own: var(--flame-on-own, #1f1408);
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

/// A file of its own from a graph: it brings the rules along.
pub fn standalone(svg: Markup) -> String {
    let svg = svg.into_string();
    // Attributes have no bare bracket, so the first one closes the opening tag.
    let (open, rest) = svg.split_once('>').unwrap_or((&svg, ""));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         {open}><style>\n{STYLE}</style>{rest}\n"
    )
}
