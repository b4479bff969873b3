//! Programs that would ignore the library are refused with a cause and a cure.

use crate::running::{LIBRARY, compile, source};
use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn program(text: &str, arguments: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("program.c");
    write(&source, text).expect("the folder is new");
    compile(&source, arguments)
}

fn refusal(text: &str, arguments: &[&str], mode: u32) -> String {
    let folder = program(text, arguments);
    let program = folder.path().join("program");
    let changed = set_permissions(&program, Permissions::from_mode(mode));
    changed.expect("the file is ours");
    LIBRARY.refused_by(&program).unwrap_or_default()
}

#[test]
fn programs_are_refused_for_what_makes_them_ignore_the_library() {
    const EMPTY: &str = "int main(void) { return 0; }";
    assert_eq!(refusal(EMPTY, &[], 0o755), "");
    let musl = "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1";
    let own = "void *malloc(unsigned long n) { return 0; } int main() { return 0; }";
    let other = "void _mi_malloc_generic() {} int main() { return 0; }";
    for (text, arguments, mode, cause) in [
        (EMPTY, &["-static"][..], 0o755, "is linked statically"),
        (EMPTY, &["-static-pie"], 0o755, "is linked statically"),
        (EMPTY, &[musl], 0o755, "uses musl"),
        (EMPTY, &[], 0o4755, "the setuid or setgid bit"),
        (own, &["-fno-builtin", "-rdynamic"], 0o755, "an allocator of its own"),
        (other, &[], 0o755, "mimalloc"),
    ] {
        let said = refusal(text, arguments, mode);
        assert!(said.contains(cause), "{arguments:?}: {said}");
    }
}

#[test]
fn a_script_is_accepted() {
    assert_eq!(LIBRARY.refused_by(&source("leak.c")), None);
}

#[test]
fn runtimes_that_collect_garbage_are_told_by_what_they_export() {
    let language = |name: &str| {
        let text = format!("void {name}() {{}} int main() {{ return getchar(); }}");
        let folder = program(&text, &["-rdynamic"]);
        let mut program = Command::new(folder.path().join("program"));
        let started = program.stdin(Stdio::piped()).spawn();
        let mut child = started.expect("the program starts");
        let language = attach::runtime::with_garbage(child.id());
        child.kill().and_then(|()| child.wait()).expect("it runs");
        language
    };
    assert_eq!(language("napi_create_object"), Some("JavaScript"));
    assert_eq!(language("create_object"), None);
}
