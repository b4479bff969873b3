//! The shared library: where it is, and the variable that makes a program load it.

use crate::Error;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::IntoRawFd;
use std::path::PathBuf;
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
        let shown = path.display().to_string();
        let path = loadable(path)?;
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

/// The path as the loader takes it. It splits its list at spaces and colons, so a path
/// with one of them is replaced by that of a file that this process keeps open.
fn loadable(path: PathBuf) -> Result<PathBuf, Error> {
    if !path.to_string_lossy().contains([' ', ':']) {
        return Ok(path);
    }
    let file = File::open(&path).map_err(|source| Error {
        text: format!("cannot read {}", path.display()),
        source: Some(source),
    })?;
    // Programs may be started as long as this process lives.
    let file = file.into_raw_fd();
    Ok(PathBuf::from(format!("/proc/{}/fd/{file}", std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_loader_would_split_is_replaced_by_one_that_it_takes() {
        let folder = tempfile::TempDir::with_prefix("a b:").expect("a folder");
        let path = folder.path().join(FILE);
        std::fs::write(&path, "library").expect("it can be written");
        let loadable = loadable(path).expect("it can be read");
        assert!(!loadable.to_string_lossy().contains([' ', ':']), "{loadable:?}");
        assert_eq!(std::fs::read(loadable).expect("it is open"), b"library");
        let plain = PathBuf::from("/lib/libpreload.so");
        assert_eq!(super::loadable(plain.clone()).expect("it is kept"), plain);
    }
}
