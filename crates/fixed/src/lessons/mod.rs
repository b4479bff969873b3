//! The jobs of the service, one file each, and how they are collected.
//!
//! Each file exports one function, `lesson`, which builds the state of its job and names
//! its routes. `syllabus` has the list of the files.

use service::{Context, Lesson};

macro_rules! collect {
    ($($id:ident,)*) => {
        $(mod $id;)*

        /// Builds all lessons, once for the whole service.
        pub(crate) fn all(context: &Context) -> Vec<Lesson> {
            vec![$($id::lesson(context)),*]
        }
    };
}
syllabus::for_each!(collect);
