//! The shared library: where it is, and the variable that makes a program load it.

use crate::{Error, refusal};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const VARIABLE: &str = "LD_PRELOAD";
pub(crate) const FILE: &str = "libpreload.so";

/// The shared library, beside the running executable.
#[derive(Debug, Clone)]
pub struct Library {
    path: PathBuf,
}

impl Library {
    /// Finds the library in the folder of the running program or, for tests, in the
    /// parent of that folder, and tries it on `/bin/true`.
    ///
    /// # Errors
    /// The platform is not supported, the library is not built, or it does not load.
    pub fn find() -> Result<Self, Error> {
        if !cfg!(all(
            target_os = "linux",
            target_arch = "x86_64",
            target_env = "gnu"
        )) {
            let needs = "the heap of other programs is counted on x86-64 Linux with \
                glibc only: mount `heap` in the program";
            return Err(Error::new(needs));
        }
        let program = std::env::current_exe().unwrap_or_default();
        let mut folders = program.ancestors().skip(1).take(2);
        let folder = folders.find(|folder| folder.join(FILE).is_file());
        let Some(path) = folder.map(|folder| folder.join(FILE)) else {
            let path = program.with_file_name(FILE);
            let cure = "run `cargo build --workspace`";
            return Err(Error::new(format!(
                "{} is not built: {cure}",
                path.display()
            )));
        };
        let shown = path.display();
        // The loader splits its list there.
        if shown.to_string().contains([' ', ':']) {
            let cause =
                "cannot be preloaded, because its path has a space or a colon";
            return Err(Error::new(format!("{shown} {cause}: move it")));
        }
        // The loader only warns about a library that it cannot load.
        let output = Command::new("/bin/true").env(VARIABLE, &path).output();
        let output = output.map_err(|source| Error {
            text: "cannot start /bin/true".into(),
            source: Some(source),
        })?;
        if !output.status.success() || !output.stderr.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            let failed = format!("/bin/true fails with {shown} preloaded: {said}");
            return Err(Error::new(failed.trim()));
        }
        Ok(Self { path })
    }

    /// Why a program would not load the library, or would not call its functions, and
    /// what to do; `None` if it would, and for a script.
    pub fn refused_by(&self, program: &Path) -> Option<String> {
        refusal::of(program)
    }

    /// The environment variable that makes a program load the library, and its value. It
    /// keeps what this process has in the variable.
    pub fn variable(&self) -> (&'static str, OsString) {
        let mut value = self.path.clone().into_os_string();
        if let Some(others) = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
            value.push(":");
            value.push(others);
        }
        (VARIABLE, value)
    }
}
