//! Which programs would ignore the library.

use crate::{Library, memory};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Functions of allocators that a Rust program has beside malloc, and their names.
const ALLOCATORS: [(&str, &str); 2] =
    [("_mi_malloc_generic", "mimalloc"), ("_rjem_mallocx", "jemalloc")];

type Elf<'a> = ElfFile64<'a, Endianness>;

const X86_64: &str = "is no program for x86-64: build it for that";

impl Library {
    /// Why a program would not load the library, or would not call its functions, and
    /// what to do; `None` if it would, and for a script or what cannot be read: attaching
    /// to it says why it fails.
    pub fn refused_by(&self, program: &Path) -> Option<String> {
        let bytes = fs::read(program).ok().filter(|b| b.starts_with(b"\x7fELF"))?;
        let cause = match Elf::parse(bytes.as_slice()) {
            Ok(file) => cause(&file, &bytes, program)?,
            Err(_) => X86_64.to_owned(),
        };
        Some(format!("{} {cause}", program.display()))
    }
}

fn cause(file: &Elf<'_>, bytes: &[u8], program: &Path) -> Option<String> {
    if file.elf_header().e_machine(file.endian()) != object::elf::EM_X86_64 {
        return Some(X86_64.to_owned());
    }
    let mut headers = file.elf_program_headers().iter();
    let loader = headers.find_map(|h| h.interpreter(file.endian(), bytes).ok()?);
    let cause = match loader.map(String::from_utf8_lossy) {
        None => "is linked statically",
        Some(loader) if loader.contains("ld-musl") => "uses musl",
        Some(_) => return rights(program).or_else(|| allocator(file)),
    };
    let cure = "link it dynamically with glibc, or mount `heap`";
    Some(format!("{cause}, so it cannot load the library: {cure}"))
}

fn rights(program: &Path) -> Option<String> {
    let mode = fs::metadata(program).ok()?.permissions().mode();
    let cause = match mode {
        mode if mode & 0o6000 != 0 => "has the setuid or setgid bit",
        _ if memory::has_capabilities(program) => "has file capabilities",
        _ => return None,
    };
    Some(format!("{cause}, so the loader ignores LD_PRELOAD: measure a copy of it"))
}

fn allocator(file: &Elf<'_>) -> Option<String> {
    let mut dynamic = file.dynamic_symbols();
    let own = dynamic.any(|s| s.is_definition() && s.name() == Ok("malloc"));
    let mut names = file.symbols().filter_map(|symbol| symbol.name().ok());
    let known =
        |name: &str| ALLOCATORS.iter().find(|(function, _)| *function == name);
    let name = match own {
        true => "an allocator of its own",
        false => names.find_map(known)?.1,
    };
    let cure = "build it with the system's allocator, or mount `heap`";
    Some(format!("allocates with {name}, which the library does not see: {cure}"))
}
