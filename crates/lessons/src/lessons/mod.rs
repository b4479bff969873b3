//! Every lesson, then every control, in the order of the book.

use crate::lesson::{Kind, Lesson};

macro_rules! collect {
    ($($id:ident,)*) => {
        $(mod $id;)*

        /// Every lesson, then every control, in the order of the book.
        pub const LESSONS: &[Lesson] = &[$(Lesson {
            id: stringify!($id),
            kind: Kind::of(stringify!($id)),
            ..$id::LESSON
        }),*];
    };
}

syllabus::for_each!(collect);

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Growth;

    #[test]
    fn peaks_are_measured_at_three_sizes_or_more() {
        for lesson in LESSONS {
            if let Growth::Peak { sizes, .. } = lesson.growth {
                assert!(sizes.len() >= 3 && sizes.is_sorted(), "{}", lesson.id);
            }
        }
    }

    #[test]
    fn every_lesson_says_what_it_is() {
        for lesson in LESSONS {
            let Lesson { id, title, route, grows_with, .. } = lesson;
            assert!(!title.is_empty() && !grows_with.is_empty(), "{id}");
            assert!(route.contains(" /"), "{id}: {route}");
        }
    }
}
