//! Names the frames of a [`Raw`] window outside the process that recorded it.
//!
//! Half of a window's cost is reading the debug information of the program. A driver
//! that measures the same program many times reads it once.

use crate::raw::{self, Module, Raw};
use addr2line::{FrameIter, Loader, Location};
use std::collections::HashMap;

/// The symbols of all programs and libraries seen so far.
#[derive(Default)]
pub struct Symbols {
    loaders: HashMap<String, Option<Loader>>,
}

impl Symbols {
    /// dhat's JSON of a window. The files of its modules must be those of the process.
    pub fn to_dhat(&mut self, raw: &Raw) -> Vec<u8> {
        raw.to_dhat(|address| {
            let within =
                |module: &&Module| (module.start..module.end).contains(&address);
            let module = raw.modules.iter().find(within);
            module.map_or_else(Vec::new, |module| self.frames(module, address))
        })
    }

    fn frames(&mut self, module: &Module, address: usize) -> Vec<String> {
        if !self.loaders.contains_key(&module.path) {
            let loader = Loader::new(&module.path).ok();
            self.loaders.insert(module.path.clone(), loader);
        }
        let Some(Some(loader)) = self.loaders.get(&module.path) else {
            return Vec::new();
        };
        // The address is where the call returns to. The call is before it.
        let probe =
            (address - module.start) as u64 + loader.relative_address_base() - 1;
        let symbol = loader.find_symbol(probe);
        let symbol = symbol.map(|name| addr2line::demangle_auto(name.into(), None));
        let mut texts = Vec::new();
        let mut push = |name: Option<&str>, place: Option<Location<'_>>| {
            let (file, line, column) = place.map_or((None, None, None), |place| {
                (place.file, place.line, place.column)
            });
            let (line, column) = (line.unwrap_or(0), column.unwrap_or(0));
            texts.push(raw::frame(
                address,
                name.unwrap_or("???"),
                file,
                line,
                column,
            ));
        };
        let mut inlined = loader.find_frames(probe).ok();
        while let Some(Ok(Some(frame))) = inlined.as_mut().map(FrameIter::next) {
            let name = frame.function.as_ref().and_then(|name| name.demangle().ok());
            push(name.as_deref().or(symbol.as_deref()), frame.location);
        }
        if texts.is_empty() && symbol.is_some() {
            texts.push(raw::frame(
                address,
                symbol.as_deref().unwrap_or("???"),
                None,
                0,
                0,
            ));
        }
        texts
    }
}
