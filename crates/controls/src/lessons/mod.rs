//! The controls, and how they are collected.
//!
//! Profiles show the end of a path, so the files are below `src/lessons/`, as those of
//! the twins are.

use service::{Context, Lesson};

macro_rules! collect {
    ($($id:ident,)*) => {
        $(mod $id;)*

        /// Builds all controls, once for the whole service.
        pub fn all(context: &Context) -> Vec<Lesson> {
            vec![$($id::lesson(context)),*]
        }
    };
}
syllabus::for_each!(collect, controls);
