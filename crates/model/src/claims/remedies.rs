//! What is said to stop it.

use super::{Claim, ClaimKind, Finding, Rule, control, fixed, grows_with, leaky};

const fn remedy(
    id: &'static str,
    text: &'static str,
    findings: &'static [Finding],
) -> Claim {
    Claim { id, kind: ClaimKind::Remedy, text, findings }
}

/// All remedies, by id.
pub(super) const REMEDIES: &[Claim] = &[
    remedy(
        "R1",
        "Read page by page and never collect; hand the pages on through a channel or \
         a queue.",
        &[
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l01_order_export"),
                    with: fixed("l01_order_export"),
                },
                reason: "A page is asked for when the client has taken the one \
                         before, so one page at a time is in memory.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l03_write_behind")]),
                reason: "A channel without a bound is the collection under another \
                         name as soon as its reader is the slower one.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l03_write_behind"),
                    with: fixed("l03_write_behind"),
                },
                reason: "A queue with a bound that refuses what is too much holds its \
                         bound and no more.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l03_write_behind"),
                    with: grows_with("more-memory", "l03_write_behind"),
                },
                reason: "More memory for the backlog is a later end and the same \
                         slope.",
            },
            Finding {
                rule: Rule::Names(&[
                    "paginator_state",
                    "stream_ext_next",
                    "items_unwrap_or_default",
                ]),
                reason: "The paginator has no state type to import, is no Stream, and \
                         its pages give items as a slice.",
            },
        ],
    ),
    remedy(
        "R2",
        "A semaphore that the handler awaits bounds concurrency.",
        &[
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l06_admission"),
                    with: grows_with("acquire-in-handler", "l06_admission"),
                },
                reason: "It bounds the calls to DynamoDB and not the memory: whoever \
                         waits for the permit has its body already, and the queue has \
                         no limit.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l06_admission"),
                    with: fixed("l06_admission"),
                },
                reason: "A permit that is taken before the body is read, and a 503 \
                         when there is none, bounds both.",
            },
            Finding {
                rule: Rule::Names(&[
                    "key_from_json_map",
                    "sdk_error_as_response",
                    "json_of_attributes",
                ]),
                reason: "Keys are attribute values and not JSON, SDK errors are no \
                         actix answers, and attribute values cannot be serialised.",
            },
        ],
    ),
    remedy(
        "R3",
        "Race the query against a timer of five seconds, so that it is dropped in \
         time.",
        &[
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l07_deadline"),
                    with: fixed("l07_deadline"),
                },
                reason: "A deadline bounds how long a request can hold anything, and \
                         dropping its future frees it.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l07_deadline"),
                    with: grows_with("longer-timeout", "l07_deadline"),
                },
                reason: "The timer has to be shorter than the outage that it is meant \
                         for.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l09_call_budget"),
                    fixed("l09_call_budget"),
                ]),
                reason: "Written as each call's own read timeout, the remaining time \
                         is itself a leak.",
            },
            Finding {
                rule: Rule::Names(&["query_as_stream"]),
                reason: "A query that is sent is one future and not a stream of pages; \
                         the paginator is.",
            },
        ],
    ),
    remedy(
        "R4",
        "Try less often, set a disconnect timeout, and have no backoff of one's own.",
        &[
            Finding {
                rule: Rule::Names(&[
                    "builder_from_config",
                    "retry_config_closure",
                    "disconnect_timeout",
                ]),
                reason: "The builder is made from the configuration, retries are set \
                         by a value, and only the server has a disconnect timeout.",
            },
            Finding {
                rule: Rule::Cause(&[control("c04_retries")]),
                reason: "Retries keep nothing but the one request, so fewer of them \
                         free nothing.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l07_deadline"),
                    with: fixed("l07_deadline"),
                },
                reason: "The settings that help are the timeouts for reading, for an \
                         attempt and for an operation, which are unset by default.",
            },
        ],
    ),
    remedy(
        "R5",
        "Watch resident memory under load, and logs that show streams consumed and \
         buffers bounded.",
        &[
            Finding {
                rule: Rule::ResidentMisleads(control("l16_burst")),
                reason: "Resident memory stays high when live bytes have long fallen, \
                         so it accuses a service that keeps nothing.",
            },
            Finding {
                rule: Rule::Silent(leaky("l04_background_jobs")),
                reason: "A log of calls cannot tell either: here every call succeeds, is \
                         consumed to its end, and memory grows all the same.",
            },
        ],
    ),
    remedy(
        "R6",
        "Scan what can be reached without logging in, before and after, from the \
         OpenAPI document with its references resolved.",
        &[Finding {
            rule: Rule::Elsewhere(&[
                "crates/leaklab/tests/it/contract.rs",
                "crates/leaklab/tests/it/service.rs",
            ]),
            reason: "A measurement of memory does not settle this; the twins publish \
                     /openapi.json, tests hold it against every route, and others send \
                     wrong input and look at what the answers give away.",
        }],
    ),
];
