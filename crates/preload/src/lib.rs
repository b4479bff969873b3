//! A shared library for `LD_PRELOAD` that counts what a program allocates and frees, in
//! bytes as requested, and records call stacks while a window is open. It starts no
//! thread and opens no file: `attach` reads its memory from outside.
//!
//! On anything but x86-64 Linux with glibc the library is empty.

#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![expect(unsafe_code, reason = "malloc and its kind are C functions on raw memory")]

#[path = "../../attach/src/layout.rs"]
mod layout;
mod hooks;
mod mark;
mod shard;
mod walk;
mod window;
