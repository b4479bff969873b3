//! A recorded window: counts and addresses, and how they become dhat's JSON.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a window recorded, before its frames have names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Raw {
    /// The command line.
    pub command: String,
    /// The process id.
    pub process: u32,
    /// When most bytes were live, in microseconds from the start of the window.
    pub peak_us: u64,
    /// The duration of the window in microseconds.
    pub duration_us: u64,
    /// Programs and libraries with the addresses at which they were loaded.
    pub modules: Vec<Module>,
    /// Call stacks: counts, and the addresses of their frames, innermost first.
    pub stacks: Vec<(Stack, Vec<usize>)>,
}

/// A file in the memory of the process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Module {
    /// The file.
    pub path: String,
    /// Its first address.
    pub start: usize,
    /// The address after its last one.
    pub end: usize,
}

/// The counts of a call stack, with dhat's names: t(otal), m(aximum of this stack),
/// g(lobal peak) and e(nd); b(ytes), b(loc)k(s) and l(ifetimes) in microseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named in the format")]
pub struct Stack {
    pub tb: u64,
    pub tbk: u64,
    pub tl: u64,
    pub mb: u64,
    pub mbk: u64,
    pub gb: u64,
    pub gbk: u64,
    pub eb: u64,
    pub ebk: u64,
}

/// dhat's file, version 2.
#[derive(Serialize)]
#[expect(non_snake_case, reason = "named in the format")]
struct File<'a> {
    dhatFileVersion: u32,
    mode: &'a str,
    verb: &'a str,
    bklt: bool,
    bkacc: bool,
    tu: &'a str,
    Mtu: &'a str,
    tuth: u32,
    cmd: &'a str,
    pid: u32,
    tg: u64,
    te: u64,
    pps: Vec<Point<'a>>,
    ftbl: Vec<String>,
}

#[derive(Serialize)]
struct Point<'a> {
    #[serde(flatten)]
    counts: &'a Stack,
    fs: Vec<usize>,
}

impl Raw {
    /// dhat's JSON. `name` gives the frames at an address, innermost first; with inlined
    /// functions there are several. It is asked once for each address.
    pub fn to_dhat(&self, mut name: impl FnMut(usize) -> Vec<String>) -> Vec<u8> {
        let mut table = Table::default();
        table.index("[root]".to_owned());
        let mut known: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut pps = Vec::new();
        for (counts, addresses) in &self.stacks {
            let mut fs = Vec::new();
            for &address in addresses {
                let frames = known.entry(address).or_insert_with(|| {
                    name(address).into_iter().map(|text| table.index(text)).collect()
                });
                fs.extend_from_slice(frames);
            }
            let asks =
                fs.iter().rposition(|&frame| is_allocator(&table.frames[frame]));
            fs.drain(..asks.unwrap_or(0));
            pps.push(Point { counts, fs });
        }
        let file = File {
            dhatFileVersion: 2,
            mode: "rust-heap",
            verb: "Allocated",
            bklt: true,
            bkacc: false,
            tu: "µs",
            Mtu: "s",
            tuth: 10,
            cmd: &self.command,
            pid: self.process,
            tg: self.peak_us,
            te: self.duration_us,
            pps,
            ftbl: table.frames,
        };
        serde_json::to_vec(&file).expect("numbers and texts have a JSON form")
    }
}

/// The table of frames and their indices.
#[derive(Default)]
struct Table {
    frames: Vec<String>,
    indices: HashMap<String, usize>,
}

impl Table {
    fn index(&mut self, frame: String) -> usize {
        let next = self.frames.len();
        *self.indices.entry(frame).or_insert_with_key(|frame| {
            self.frames.push(frame.clone());
            next
        })
    }
}

/// Whether a frame is of the allocator. What it calls is this crate's recorder.
fn is_allocator(frame: &str) -> bool {
    let function = frame.split_once(": ").map_or(frame, |(_, function)| function);
    ["alloc::alloc::", "<alloc::alloc::", "<heap::alloc::CountingAlloc", "__rg_"]
        .iter()
        .any(|begin| function.starts_with(begin))
}

/// A frame's text as dhat writes it: address, function, three parts of the file's
/// path, line, column.
pub(crate) fn frame(
    address: usize,
    function: &str,
    file: Option<&str>,
    line: u32,
    column: u32,
) -> String {
    let file = file.unwrap_or("???");
    let parts = file.rmatch_indices('/').nth(2).map_or(0, |(at, _)| at + 1);
    format!("{address:#x}: {function} ({}:{line}:{column})", &file[parts..])
}

/// The files in the memory of this process; none where the system is not Linux.
pub(crate) fn modules() -> Vec<Module> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut modules: Vec<Module> = Vec::new();
    for line in maps.lines() {
        // `start-end rights offset device inode path`
        let mut fields = line.splitn(6, ' ');
        let (Some(range), Some(path)) = (fields.next(), fields.nth(4)) else {
            continue;
        };
        let number = |text| usize::from_str_radix(text, 16).ok();
        let Some((start, end)) = range.split_once('-') else { continue };
        let (Some(start), Some(end)) = (number(start), number(end)) else {
            continue;
        };
        let path = path.trim_start();
        match modules.last_mut() {
            Some(last) if last.path == path => last.end = end,
            _ if path.starts_with('/') => {
                modules.push(Module { path: path.to_owned(), start, end });
            }
            _ => {}
        }
    }
    modules
}
