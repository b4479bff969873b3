//! The one list of lessons. Both twins and the lessons' scenarios are built from it.
//!
//! A lesson's id is the name of its file in each twin, of its scenario and of its
//! chapter. To add a lesson, write those files and add a line below.

/// Calls a macro with the ids of all lessons, then of all controls, in the order of
/// the book: `callback! { l01_order_export, l02_tenant_clients, … }`. A second argument,
/// `lessons` or `controls`, asks for one of the two groups.
///
/// A macro can declare a module for each id, which a constant cannot.
///
/// ```
/// macro_rules! names {
///     ($($id:ident,)*) => { [$(stringify!($id)),*] };
/// }
/// assert_eq!(syllabus::for_each!(names)[0], "l01_order_export");
/// ```
#[macro_export]
macro_rules! for_each {
    ($callback:ident $(, $only:ident)?) => {
        $crate::pick! { $callback $($only)?;
            l01_order_export,
            l02_tenant_clients,
            l03_write_behind,
            l04_background_jobs,
            l05_bulk_import,
            l06_admission,
            l07_deadline,
            l08_live_feed,
            l09_call_budget,
            l10_retry_partition,
            l11_session_cache,
            l12_idempotency_keys,
            l13_request_metrics,
            l14_request_context,
            l15_interned_names,
            l16_burst,
            l17_pending_replies,
            l18_cancelled_flight,
            ;
            c01_client_clones,
            c02_first_page,
            c03_dropped_upload,
            c04_retries,
            c05_compression,
            c06_client_churn,
        }
    };
}

/// Calls a macro with both groups of ids, or with one of them.
#[doc(hidden)]
#[macro_export]
macro_rules! pick {
    ($call:ident; $($lesson:ident,)*; $($control:ident,)*) => {
        $call! { $($lesson,)* $($control,)* }
    };
    ($call:ident lessons; $($lesson:ident,)*; $($control:ident,)*) => {
        $call! { $($lesson,)* }
    };
    ($call:ident controls; $($lesson:ident,)*; $($control:ident,)*) => {
        $call! { $($control,)* }
    };
}
