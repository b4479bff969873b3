//! The jobs of the service, one file each, and how they are collected.
//!
//! Each file exports one function, `lesson`, which builds the state of its job and names
//! its routes. `syllabus` has the list of the files, and `controls` those that both
//! twins share.

use service::{Context, Lesson};

macro_rules! collect {
    ($($id:ident,)*) => {
        $(mod $id;)*

        /// Builds all lessons and controls, once for the whole service.
        pub(crate) fn all(context: &Context) -> Vec<Lesson> {
            let mut all = vec![$($id::lesson(context)),*];
            all.extend(controls::all(context));
            all
        }
    };
}
syllabus::for_each!(collect, lessons);
