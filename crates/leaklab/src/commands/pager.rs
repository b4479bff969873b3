//! Long text on a terminal goes through a pager, as in git.

use crate::output::{print, write_to};
use anyhow::Context;
use std::io::{IsTerminal, stdout};
use std::process::{Command, Stdio};

/// What a shell returns when it cannot start a program.
const NOT_STARTED: [i32; 2] = [126, 127];

/// Shows the text: through `$PAGER` or `less` on a terminal, else directly. Styles are
/// stripped where they are not wanted.
///
/// # Errors
/// The text cannot be written. A reader who has left is no error.
pub(super) fn show(text: &str) -> anyhow::Result<()> {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    let wanted =
        stdout().is_terminal() && !pager.trim().is_empty() && pager != "cat";
    if !(wanted && through(&pager, text)?) {
        print(text)?;
    }
    Ok(())
}

/// Whether the pager could be started and has shown the text.
fn through(pager: &str, text: &str) -> anyhow::Result<bool> {
    // Ctrl-C is for the pager, which must not outlive this program. The handler stays.
    let interrupt = tokio::signal::unix::SignalKind::interrupt();
    let _handler = tokio::signal::unix::signal(interrupt);
    // In a shell, because `$PAGER` may have arguments.
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Quit if all fits, show colours, keep the text on the screen.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return Ok(false) };
    if let Some(stdin) = child.stdin.take() {
        write_to(stdin, text).context("cannot write to the pager")?;
    }
    let status = child.wait().context("cannot wait for the pager")?;
    Ok(!status.code().is_some_and(|code| NOT_STARTED.contains(&code)))
}
