//! The chapters of the lessons, as `docs/lessons/` has them: the one place of prose.

/// A chapter, built into the program, so that it can be read without the repository.
macro_rules! chapters {
    ($($id:literal),* $(,)?) => {
        &[$((
            $id,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../docs/lessons/", $id, ".md"
            )),
        )),*]
    };
}

/// By id, in the order of the registry.
const CHAPTERS: &[(&str, &str)] = chapters![
    "l01_order_export",
    "l02_tenant_clients",
    "l03_write_behind",
    "l04_background_jobs",
    "l05_bulk_import",
    "l06_admission",
    "l07_deadline",
    "l08_live_feed",
    "l09_call_budget",
    "l10_retry_partition",
    "l11_session_cache",
    "l12_idempotency_keys",
    "l13_request_metrics",
    "l14_request_context",
    "l15_interned_names",
    "l16_burst",
    "c01_client_clones",
    "c02_first_page",
    "c03_dropped_upload",
    "c04_retries",
    "c05_compression",
    "c06_client_churn",
];

/// The chapter of a lesson or control, in Markdown.
pub fn chapter(id: &str) -> Option<&'static str> {
    CHAPTERS.iter().find(|(own, _)| *own == id).map(|(_, chapter)| *chapter)
}

/// What stands in a chapter below a heading of the second level, without the heading;
/// for an empty title, what stands between the title of the chapter and the first such
/// heading.
pub fn part<'a>(chapter: &'a str, title: &str) -> Option<&'a str> {
    let mut parts = chapter.split("\n## ");
    if title.is_empty() {
        return parts.next()?.split_once('\n').map(|(_, rest)| rest);
    }
    parts.skip(1).find_map(|part| {
        let (own, rest) = part.split_once('\n')?;
        (own == title).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lessons::LESSONS;

    #[test]
    fn there_is_a_chapter_for_every_lesson_and_for_nothing_else() {
        let mut built_in: Vec<_> = CHAPTERS.iter().map(|(id, _)| *id).collect();
        let mut registered: Vec<_> =
            LESSONS.iter().map(|lesson| lesson.id).collect();
        built_in.sort_unstable();
        registered.sort_unstable();
        assert_eq!(built_in, registered);
    }

    #[test]
    fn parts_end_where_the_next_begins() {
        let chapter =
            "# A\n\nIntro.\n\n## One\n\nFirst.\n\n### Sub\n\n## Two\n\nLast.\n";
        assert_eq!(part(chapter, "").unwrap().trim(), "Intro.");
        assert_eq!(part(chapter, "One").unwrap().trim(), "First.\n\n### Sub");
        assert_eq!(part(chapter, "Two").unwrap().trim(), "Last.");
        assert_eq!(part(chapter, "Three"), None);
    }
}
