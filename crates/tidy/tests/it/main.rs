//! The rules that the repository holds itself to, a module for each group.

mod repository;

mod twins;
mod lessons;
mod claims;
mod diffs;
mod files;
mod docs;
mod html;
mod book;
mod output;
mod indexes;
mod dependencies;
mod features;
