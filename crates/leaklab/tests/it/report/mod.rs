//! The page: what it shows, what it does, what it leaves alone.

mod browser;
mod looks;
mod made;
mod page;
mod viewer;
