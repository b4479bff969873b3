//! What is said to make memory grow.

use super::{
    Claim, ClaimKind, Finding, Rule, Says, control, fixed, grows_with, leaky,
};

const fn cause(
    id: &'static str,
    text: &'static str,
    findings: &'static [Finding],
) -> Claim {
    Claim { id, kind: ClaimKind::Cause, text, findings }
}

/// All causes, by id.
pub(super) const CAUSES: &[Claim] = &[
    cause(
        "C01",
        "Actix serves every request through asynchronous actors.",
        &[Finding {
            rule: Rule::Source {
                package: "actix-http",
                version: "3.20.0",
                file: "src/h1/dispatcher.rs",
                says: Says::NoSuchThing,
            },
            reason: "A handler is a future that the task of its connection polls on \
                     a worker's thread, and actix-web 4 does not even depend on the \
                     actor framework.",
        }],
    ),
    cause(
        "C02",
        "Handlers that clone a shared SDK client make memory grow.",
        &[
            Finding {
                rule: Rule::Cause(&[control("c01_client_clones")]),
                reason: "A clone is one more pointer to the same client, and goes \
                         with the handler.",
            },
            Finding {
                rule: Rule::Cause(&[control("c06_client_churn")]),
                reason: "A client built for each request costs time and connections, \
                         and is freed with the request.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l02_tenant_clients"),
                    fixed("l02_tenant_clients"),
                ]),
                reason: "A client for each tenant, kept in a map, stays with its pool, \
                         its TLS settings and its caches.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l02_tenant_clients"),
                    with: grows_with("arc-client", "l02_tenant_clients"),
                },
                reason: "An Arc around each kept client adds a pointer and takes \
                         nothing away, for the client is one already.",
            },
        ],
    ),
    cause(
        "C03",
        "SDK calls that nobody awaits, and futures left unfinished, pile up.",
        &[
            Finding {
                rule: Rule::Source {
                    package: "aws-sdk-dynamodb",
                    version: "1.136.0",
                    file: "src/operation/query/builders.rs",
                    says: Says::KeepsNothing,
                },
                reason: "A call is an async function: until it is polled it sends \
                         nothing and owns its input alone, and the compiler warns \
                         about it.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l04_background_jobs"),
                    fixed("l04_background_jobs"),
                ]),
                reason: "What piles up is the opposite: jobs that were spawned and \
                         whose handles are kept, so that none of them is freed.",
            },
        ],
    ),
    cause(
        "C04",
        "Answers that are read into buffers without limit, not streamed, pile up.",
        &[
            Finding {
                rule: Rule::Cause(&[
                    leaky("l01_order_export"),
                    fixed("l01_order_export"),
                ]),
                reason: "The SDK always reads a page whole, and a page has a limit; \
                         the buffer without one is the handler's own, and it goes \
                         with the answer.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l03_write_behind"),
                    fixed("l03_write_behind"),
                ]),
                reason: "A queue without limit in front of a slower writer is such a \
                         buffer, too, and no answer empties it.",
            },
        ],
    ),
    cause(
        "C05",
        "Without a limit to concurrency, request bodies and parsed items pile up.",
        &[
            Finding {
                rule: Rule::Cause(&[leaky("l06_admission"), fixed("l06_admission")]),
                reason: "Every request that waits has its body in memory, and nothing \
                         but the number of clients limits how many wait.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l07_deadline"), fixed("l07_deadline")]),
                reason: "When the database does not answer, every request that came \
                         since is still under way.",
            },
        ],
    ),
    cause(
        "C06",
        "Reading the result of a large scan or query into memory at once costs \
         memory for all of it.",
        &[Finding {
            rule: Rule::Cause(&[
                leaky("l01_order_export"),
                fixed("l01_order_export"),
            ]),
            reason: "The peak follows the size of the result, once for each request \
                     under way, and is given back with the answer.",
        }],
    ),
    cause(
        "C07",
        "A retry strategy of one's own makes buffered data stay longer.",
        &[
            Finding {
                rule: Rule::Cause(&[control("c04_retries")]),
                reason: "A call keeps one copy of its request, however often it is \
                         sent, and drops each failed answer before the next attempt.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l10_retry_partition"),
                    fixed("l10_retry_partition"),
                ]),
                reason: "A retry partition named after a tenant stays in a static map \
                         of the SDK that nothing empties.",
            },
        ],
    ),
    cause(
        "C08",
        "High connection timeouts make buffered data stay longer.",
        &[
            Finding {
                rule: Rule::Cause(&[
                    grows_with("longer-timeout", "l07_deadline"),
                    fixed("l07_deadline"),
                ]),
                reason: "While nothing is answered, memory is arrivals times timeout, \
                         so a timeout longer than an outage is no bound.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l07_deadline"), fixed("l07_deadline")]),
                reason: "No timeout is worse than a high one, and only connecting has \
                         one by default.",
            },
        ],
    ),
    cause(
        "C09",
        "A paginator that is dropped before its end leaves connections half closed.",
        &[
            Finding {
                rule: Rule::Connections(control("c02_first_page")),
                reason: "Between two pages a paginator holds no connection, for each \
                         page is a request of its own that was read to its end.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l08_live_feed"), fixed("l08_live_feed")]),
                reason: "Half-closed connections that stay are on the other side, \
                         where clients hang up on a stream that has nothing to say.",
            },
        ],
    ),
    cause(
        "C10",
        "Connections orphaned like that, and their buffers, add up to a leak.",
        &[
            Finding {
                rule: Rule::Cause(&[control("c02_first_page")]),
                reason: "A dropped paginator drops its page and its future, and there \
                         is nothing else.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l08_live_feed"), fixed("l08_live_feed")]),
                reason: "A subscriber who hung up and is not noticed keeps its \
                         connection, its buffers and its place in the list.",
            },
        ],
    ),
    cause(
        "C11",
        "A running service shows it as resident memory, then as allocator pressure, \
         slow answers and restarts.",
        &[
            Finding {
                rule: Rule::ResidentFollows(leaky("l09_call_budget")),
                reason: "A leak of many bytes does show as resident memory, late and \
                         without a name.",
            },
            Finding {
                rule: Rule::ResidentMisleads(control("l16_burst")),
                reason: "After a burst the allocator keeps pages that the service has \
                         freed, and that looks the same from outside.",
            },
            Finding {
                rule: Rule::Elsewhere(&[
                    "docker-compose.yml",
                    "crates/leaklab/benches/ratios.rs",
                ]),
                reason: "Slow answers and restarts are not judged here: a comparison \
                         ends long before a machine runs short of memory.",
            },
        ],
    ),
    cause(
        "C12",
        "Items cached in structures of the application, without clean-up, keep \
         memory, and keep secrets longer than needed.",
        &[
            Finding {
                rule: Rule::Cause(&[
                    leaky("l11_session_cache"),
                    fixed("l11_session_cache"),
                ]),
                reason: "A map without bound keeps every item that was ever looked \
                         up, with its secrets.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l12_idempotency_keys"),
                    fixed("l12_idempotency_keys"),
                ]),
                reason: "A key that borrows from the request's head keeps the head, \
                         many times its own size.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l13_request_metrics"),
                    fixed("l13_request_metrics"),
                ]),
                reason: "A metric labelled with the raw path is a cache of paths that \
                         nobody meant to keep.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l14_request_context"),
                    fixed("l14_request_context"),
                ]),
                reason: "A request stored in its own extensions is held by itself, \
                         and no clean-up can reach it.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l15_interned_names"),
                    fixed("l15_interned_names"),
                ]),
                reason: "A name leaked on purpose, to become static, cannot be freed \
                         by anyone.",
            },
            Finding {
                rule: Rule::Remedy {
                    without: leaky("l11_session_cache"),
                    with: grows_with("shrink-to-fit", "l11_session_cache"),
                },
                reason: "Shrinking a map returns its empty places, and the entries \
                         are what grows.",
            },
        ],
    ),
    cause(
        "C13",
        "Answers without compression make it worse.",
        &[Finding {
            rule: Rule::Cause(&[control("c05_compression")]),
            reason: "Compression is a middleware that is absent unless added, has a \
                     state of its own while an answer is under way, and keeps nothing \
                     afterwards.",
        }],
    ),
    cause(
        "C14",
        "Multipart uploads that are not closed make it worse.",
        &[
            Finding {
                rule: Rule::Cause(&[control("c03_dropped_upload")]),
                reason: "A dropped upload is drained for a moment or its connection \
                         is closed, and its buffer is freed.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l05_bulk_import"),
                    fixed("l05_bulk_import"),
                ]),
                reason: "What does grow is an upload gathered chunk by chunk into a \
                         buffer of one's own, to which no limit of the framework \
                         applies.",
            },
        ],
    ),
    cause(
        "C15",
        "SDK settings that permit too much add to it.",
        &[
            Finding {
                rule: Rule::Cause(&[
                    leaky("l09_call_budget"),
                    fixed("l09_call_budget"),
                ]),
                reason: "Every distinct read timeout makes a connector of its own, and \
                         the client keeps them all.",
            },
            Finding {
                rule: Rule::Cause(&[
                    leaky("l10_retry_partition"),
                    fixed("l10_retry_partition"),
                ]),
                reason: "Every distinct name of a retry partition stays, even when \
                         the client is gone.",
            },
            Finding {
                rule: Rule::Cause(&[leaky("l07_deadline"), fixed("l07_deadline")]),
                reason: "The defaults for reading, for an attempt and for a whole \
                         operation are to wait for ever.",
            },
            Finding {
                rule: Rule::Cause(&[control("c04_retries")]),
                reason: "The number of attempts, which is blamed most, adds nothing.",
            },
        ],
    ),
];
