//! The list: every lesson, then every control, in the order of the book.

use super::{Kind, Lesson, Sign, Signal};

/// What most jobs have in common. An entry of the list says what is different.
const JOB: Lesson = Lesson {
    id: "",
    kind: Kind::Lesson,
    title: "",
    route: "",
    law: "requests",
    claims: &[],
    signal: Signal::Slope { floor: 0.0 },
    requests: 160,
    window: 60,
    concurrency: 1,
    settings: &[],
    may_refuse: false,
    signs: &[],
    culprits: &[],
};

/// Every lesson, then every control, in the order of the book.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        id: "l01_order_export",
        title: "export a tenant's orders",
        route: "GET /orders/export",
        law: "table size",
        claims: &["C04", "C06", "R1"],
        signal: Signal::Peak { sizes: &[200, 800, 2_400] },
        requests: 2,
        window: 1,
        ..JOB
    },
    Lesson {
        id: "l04_background_jobs",
        title: "confirm an order, audit it in the background",
        route: "POST /orders/{id}/confirm",
        law: "requests",
        claims: &["C03"],
        // A kept JoinHandle keeps its task's cell, which is as large as the
        // job's future: more than one DynamoDB call's state.
        signal: Signal::Slope { floor: 256.0 },
        requests: 120,
        window: 60,
        may_refuse: true,
        ..JOB
    },
    Lesson {
        id: "l09_call_budget",
        title: "quote an order within a time budget",
        route: "GET /orders/{id}/quote",
        law: "distinct durations",
        claims: &["C08", "C15", "R3", "R4"],
        // A connector of its own: at least a pool and a read buffer of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 20,
        window: 6,
        settings: &["--quote-budget-ms=60000"],
        ..JOB
    },
    Lesson {
        id: "l11_session_cache",
        title: "look a session up, cached",
        route: "GET /sessions/{token}",
        law: "distinct tokens",
        claims: &["C12"],
        // The values of a 1,000-byte item alone.
        signal: Signal::Slope { floor: 700.0 },
        requests: 160,
        window: 60,
        // Small enough for the warm-up to fill: a cache grows until it is full.
        settings: &["--session-cache-bytes-max=32768"],
        ..JOB
    },
    Lesson {
        id: "l12_idempotency_keys",
        title: "record a payment once",
        route: "POST /payments",
        law: "keys",
        claims: &["C12"],
        // The head of a request that the workload sends, cookies and all.
        signal: Signal::Slope { floor: 400.0 },
        requests: 160,
        window: 48,
        // Few enough for the warm-up to fill.
        settings: &["--idempotency-keys-max=16"],
        signs: &[Sign::Gauge("idempotency keys")],
        // A header's value lies in the buffer that actix reads requests into.
        culprits: &[
            "actix_http::h1::dispatcher::InnerDispatcher<T,S,B,X,U>::read_available",
        ],
        ..JOB
    },
    Lesson {
        id: "l13_request_metrics",
        title: "show a parcel, measure the answers",
        route: "GET /track/{code}",
        law: "distinct paths",
        claims: &["C12"],
        // Two shards of eleven buckets, the buckets' bounds: 8 bytes each.
        signal: Signal::Slope { floor: 264.0 },
        requests: 120,
        window: 48,
        signs: &[Sign::Gauge("metric series")],
        ..JOB
    },
    Lesson {
        id: "c01_client_clones",
        kind: Kind::Control,
        title: "clone the client 1,000 times a request",
        route: "GET /orders/{id}/status",
        law: "client clones",
        claims: &["C01", "C02"],
        signal: Signal::Slope { floor: 0.0 },
        requests: 160,
        window: 15,
        ..JOB
    },
    Lesson {
        id: "c02_first_page",
        kind: Kind::Control,
        title: "list one page, drop the paginator",
        route: "GET /orders",
        law: "dropped paginators",
        claims: &["C09", "C10"],
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 6,
        ..JOB
    },
    Lesson {
        id: "c03_dropped_upload",
        kind: Kind::Control,
        title: "read an upload's first bytes, drop the rest",
        route: "POST /orders/{id}/attachments",
        law: "dropped uploads",
        claims: &["C14"],
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 15,
        ..JOB
    },
    Lesson {
        id: "c05_compression",
        kind: Kind::Control,
        title: "print a packing list, compressed or not",
        route: "GET /orders/{id}/packing-list",
        law: "compressed answers",
        claims: &["C13"],
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 10,
        ..JOB
    },
];
