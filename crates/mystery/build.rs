//! Lists the jobs that this build is made of: the files in a folder outside the sources.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The folder; without it, the service has no jobs.
const FOLDER: &str = "LEAKLAB_MYSTERY";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={FOLDER}");
    let mut modules = String::new();
    let mut names = Vec::new();
    for file in env::var_os(FOLDER).map(files).transpose()?.unwrap_or_default() {
        println!("cargo::rerun-if-changed={}", file.display());
        let name =
            file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // A job that ignores a limit has a field that nothing reads.
        modules +=
            &format!("#[path = {file:?}]\n#[allow(dead_code)]\nmod {name};\n");
        names.push(format!("{name}::lesson(context)"));
    }
    let all = format!(
        "/// Builds all jobs, once for the whole service.\n\
         fn all(context: &service::Context) -> Vec<service::Lesson> {{\n    \
         let _ = context;\n    vec![{}]\n}}\n",
        names.join(", ")
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("jobs.rs"), modules + &all)
}

/// The files of a folder, in the order of their names.
fn files(folder: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut files: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
    files.sort();
    Ok(files)
}
