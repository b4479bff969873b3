//! Long text on a terminal goes through a pager, as git does it.

use anstream::AutoStream;
use anyhow::Context;
use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::process::{Command, Stdio};

/// What a shell answers when it cannot start a program, or finds none of this name.
const NOT_STARTED: [i32; 2] = [126, 127];

/// Shows the text: through `$PAGER` or `less` on a terminal, else as it is. Styles
/// are stripped where they are not wanted.
///
/// # Errors
/// The text cannot be written, for another reason than that its reader has left.
pub(super) fn show(text: &str) -> anyhow::Result<()> {
    let paged = match pager() {
        Some(pager) => through(&pager, text)?,
        None => false,
    };
    if !paged {
        let written = anstream::stdout().write_all(text.as_bytes());
        whoever_left_is_no_error(written).context("cannot write to stdout")?;
    }
    Ok(())
}

/// The command of the pager, if there is to be one.
fn pager() -> Option<String> {
    if !stdout().is_terminal() {
        return None;
    }
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
    // An empty one is how people say that they want none.
    Some(pager).filter(|pager| !pager.trim().is_empty() && pager != "cat")
}

/// Whether the pager could be started and has shown the text.
fn through(pager: &str, text: &str) -> anyhow::Result<bool> {
    // Ctrl-C is for the pager, which must not outlive this program. The handler stays.
    let interrupt = tokio::signal::unix::SignalKind::interrupt();
    let _handler = tokio::signal::unix::signal(interrupt);
    // The shell, because people give their pagers arguments.
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Leave at once where all fits, show colours, keep the text on the screen.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return Ok(false) };
    if let Some(mut stdin) = child.stdin.take() {
        // The pager's input is a pipe, but what it writes to is the terminal.
        let mut styled = AutoStream::new(Vec::new(), AutoStream::choice(&stdout()));
        styled.write_all(text.as_bytes()).context("cannot style the text")?;
        whoever_left_is_no_error(stdin.write_all(&styled.into_inner()))
            .context("cannot write to the pager")?;
    }
    let status = child.wait().context("cannot wait for the pager")?;
    Ok(!status.code().is_some_and(|code| NOT_STARTED.contains(&code)))
}

/// A reader who has seen enough closes the pipe.
fn whoever_left_is_no_error(written: std::io::Result<()>) -> std::io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
