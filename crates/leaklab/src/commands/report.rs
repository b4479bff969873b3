//! `leaklab report`: the page of a comparison, made again.

use crate::cli::Report;
use crate::failure::{EXPECTED, Failure};
use crate::output::{name, print};
use report::page::{self, Folder};
use report::stored;
use report::whole_file;
use std::process::ExitCode;

/// Makes the page and says where it is.
pub fn run(arguments: &Report) -> Result<ExitCode, Failure> {
    // The file is accepted in place of its folder.
    let file = arguments.folder.is_file().then(|| arguments.folder.parent());
    let folder = file.flatten().unwrap_or(&arguments.folder);
    let comparison = stored::comparison(&arguments.folder, "DIR")?;
    let path = match &arguments.to {
        Some(path) => path.clone(),
        None => folder.join(page::FILE),
    };
    whole_file::write(
        &path,
        page::render(&Folder::new(folder, &comparison)).as_bytes(),
    )?;
    print(&format!("{}\n", name(&path)))?;
    Ok(ExitCode::from(EXPECTED))
}
