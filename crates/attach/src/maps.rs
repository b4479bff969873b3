//! Which file is at which address of a process: `/proc/PID/maps`.

use crate::{Error, memory};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the kernel writes behind the path of a file that was replaced or removed.
const REPLACED: &str = " (deleted)";

/// A part of a file in memory.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) range: Range<u64>,
    /// Where the part begins in the file.
    pub(crate) offset: u64,
    /// The path as the process sees it.
    pub(crate) path: PathBuf,
    /// Whether the path has another file by now, or none.
    replaced: bool,
}

impl Mapping {
    /// `7f0-7f9 r-xp 00001000 08:01 123   /usr/lib/libc.so.6`
    fn parse(line: &str) -> Option<Self> {
        let (start, rest) = line.split_once('-')?;
        let mut fields = rest.split(' ');
        let mut number = || u64::from_str_radix(fields.next()?, 16).ok();
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, number()?);
        let offset = u64::from_str_radix(fields.nth(1)?, 16).ok()?;
        let path = &rest[rest.find(" /")? + 1..];
        let left = path.strip_suffix(REPLACED);
        let (path, replaced) = (left.unwrap_or(path).into(), left.is_some());
        Some(Self { range: start..end, offset, path, replaced })
    }

    /// The file that is in memory, if it is left. That of the program itself is, after it
    /// was built again, too.
    pub(crate) fn file(&self, process: u32) -> Option<PathBuf> {
        if !self.replaced {
            return Some(within(process, &self.path));
        }
        let program = PathBuf::from(format!("/proc/{process}/exe"));
        let name = fs::read_link(&program).ok()?.into_os_string();
        let is_this =
            name.to_string_lossy().strip_suffix(REPLACED) == self.path.to_str();
        is_this.then_some(program)
    }
}

/// The files in the memory of a process, by address.
pub(crate) fn of(process: u32) -> Result<Vec<Mapping>, Error> {
    let text = fs::read(format!("/proc/{process}/maps"));
    let text = text.map_err(|source| memory::unreachable(process, source))?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter_map(Mapping::parse).collect())
}

/// A file of a process, which may have another root.
pub(crate) fn within(process: u32, path: &Path) -> PathBuf {
    let inner = path.strip_prefix("/").unwrap_or(path);
    PathBuf::from(format!("/proc/{process}/root")).join(inner)
}
