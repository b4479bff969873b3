//! The list: every lesson, then every control, in the order of the book.

use super::{Kind, Lesson, Scale, Sign, Signal, Variant};
use crate::{Fault, FaultAction, When};

/// DynamoDB's answer to who asks too much.
const THROTTLED: FaultAction = FaultAction::Error {
    status: 400,
    code: "ProvisionedThroughputExceededException",
};

/// What most jobs have in common. An entry of the list says what is different.
const JOB: Lesson = Lesson {
    id: "",
    kind: Kind::Lesson,
    title: "",
    route: "",
    law: "requests",
    signal: Signal::Slope { floor: 0.0 },
    requests: 160,
    quick_requests: None,
    window: 60,
    concurrency: 1,
    settings: &[],
    may_refuse: false,
    outage: false,
    faults: &[],
    variants: &[],
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
        signal: Signal::Peak { sizes: &[200, 600, 1_800], of: Scale::Items },
        requests: 2,
        window: 1,
        variants: &[Variant {
            name: "unbounded-channel",
            title: "stream through a channel without a bound",
            program: "decoys",
            settings: &[],
            // The clients read as fast as the database gives, and the kernel takes
            // another 4 MB for them.
            holds_here: true,
        }],
        ..JOB
    },
    Lesson {
        id: "l02_tenant_clients",
        title: "tell a tenant's last order in its name",
        route: "GET /tenants/{tenant}/summary",
        law: "tenants",
        // A client of its own: at least a pool and a read buffer of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 20,
        window: 6,
        // The connection that each client keeps for the tenant's next request.
        signs: &[Sign::OpenFiles, Sign::Sockets("ESTABLISHED")],
        variants: &[Variant {
            name: "arc-client",
            title: "share each client in an Arc",
            program: "decoys",
            settings: &[],
            holds_here: false,
        }],
        ..JOB
    },
    Lesson {
        id: "l03_write_behind",
        title: "take scanner events, write them in batches",
        route: "POST /orders/{id}/events",
        law: "backlog",
        // The texts of an event alone.
        signal: Signal::Slope { floor: 100.0 },
        // The queue grows by blocks of 32 places, so a window has many of them.
        requests: 640,
        window: 320,
        settings: &["--event-queue-max=64"],
        may_refuse: true,
        // A database that takes a batch a second: slower than any run.
        faults: &[Fault::new("BatchWriteItem", FaultAction::Delay { ms: 1_000 })],
        signs: &[Sign::Gauge("queue depth")],
        variants: &[Variant {
            name: "more-memory",
            title: "a queue a thousand times as long",
            program: "fixed",
            settings: &["--event-queue-max=64000"],
            holds_here: false,
        }],
        // The order's and the tenant's ids, taken from the request by its extractors.
        culprits: &["model/src/ids.rs", "serde_core"],
        ..JOB
    },
    Lesson {
        id: "l04_background_jobs",
        title: "confirm an order, audit it in the background",
        route: "POST /orders/{id}/confirm",
        law: "requests",
        // A kept JoinHandle keeps its task's cell, which is as large as the
        // job's future: more than one DynamoDB call's state, some kilobytes.
        signal: Signal::Slope { floor: 2_048.0 },
        requests: 120,
        window: 60,
        may_refuse: true,
        ..JOB
    },
    Lesson {
        id: "l05_bulk_import",
        title: "import orders from a file",
        route: "POST /orders/import",
        law: "upload size",
        signal: Signal::Peak { sizes: &[200, 600, 2_000], of: Scale::Items },
        requests: 2,
        window: 1,
        ..JOB
    },
    Lesson {
        id: "l06_admission",
        title: "place an order, so many at a time",
        route: "POST /orders",
        law: "offered load",
        signal: Signal::Peak { sizes: &[24, 48, 96], of: Scale::Requests },
        requests: 20,
        window: 1,
        settings: &[
            "--orders-at-once-max=4",
            "--connections-max=24",
            "--body-bytes-max=524288",
        ],
        may_refuse: true,
        faults: &[Fault::new("PutItem", FaultAction::Delay { ms: 10 })],
        // What came of the body, before and while it is parsed.
        culprits: &["actix_http", "actix-http"],
        variants: &[Variant {
            name: "acquire-in-handler",
            title: "await a permit in the handler, for a while",
            program: "decoys",
            settings: &[],
            holds_here: false,
        }],
        ..JOB
    },
    Lesson {
        id: "l07_deadline",
        title: "look an order up while the database is silent",
        route: "GET /orders/{id}",
        law: "outage",
        // The state of one SDK call, and its connection's buffers.
        signal: Signal::Slope { floor: 16_384.0 },
        requests: 16,
        window: 8,
        concurrency: 16,
        settings: &["--order-deadline-ms=60"],
        outage: true,
        faults: &[Fault::new("GetItem", FaultAction::Silence)],
        // The client's connection and the one to the database.
        culprits: &["actix_http", "actix_server", "actix-server", "hyper"],
        variants: &[Variant {
            name: "longer-timeout",
            title: "a read timeout of a minute",
            program: "decoys",
            settings: &[],
            holds_here: false,
        }],
        signs: &[Sign::InFlight, Sign::OpenFiles, Sign::Sockets("CLOSE_WAIT")],
        ..JOB
    },
    Lesson {
        id: "l08_live_feed",
        title: "follow shipments as they happen",
        route: "GET /orders/feed",
        law: "disconnects",
        // The connection's two buffers of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 40,
        window: 15,
        signs: &[
            Sign::Gauge("subscribers"),
            Sign::Sockets("CLOSE_WAIT"),
            Sign::InFlight,
        ],
        // The connection that waits.
        culprits: &["actix_http", "actix_server", "actix-server"],
        ..JOB
    },
    Lesson {
        id: "l09_call_budget",
        title: "quote an order within a time budget",
        route: "GET /orders/{id}/quote",
        law: "distinct durations",
        // A connector of its own: at least a pool and a read buffer of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 20,
        window: 6,
        settings: &["--quote-budget-ms=60000"],
        ..JOB
    },
    Lesson {
        id: "l10_retry_partition",
        title: "keep a draft, with retries counted by tenant",
        route: "PUT /tenants/{tenant}/orders/{id}",
        law: "tenants",
        // What a bucket allocates, and its place in the SDK's map.
        signal: Signal::Slope { floor: 100.0 },
        // The SDK's map doubles at 897 names. These numbers put that into the second
        // window, where the sites show whose it is.
        requests: 90,
        window: 45,
        ..JOB
    },
    Lesson {
        id: "l11_session_cache",
        title: "look a session up, cached",
        route: "GET /sessions/{token}",
        law: "distinct tokens",
        // The values of a 1,000-byte item alone.
        signal: Signal::Slope { floor: 700.0 },
        requests: 160,
        window: 60,
        // Small enough for the warm-up to fill: a cache grows until it is full.
        settings: &["--session-cache-bytes-max=32768"],
        variants: &[Variant {
            name: "shrink-to-fit",
            title: "shrink the map with every entry",
            program: "decoys",
            settings: &[],
            holds_here: false,
        }],
        ..JOB
    },
    Lesson {
        id: "l12_idempotency_keys",
        title: "record a payment once",
        route: "POST /payments",
        law: "keys",
        // The head of a request that the workload sends, cookies and all.
        signal: Signal::Slope { floor: 400.0 },
        requests: 160,
        // The heads that are kept differ in size, and a round replaces all of them.
        quick_requests: Some(80),
        window: 80,
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
        // Two shards of eleven buckets, the buckets' bounds: 8 bytes each.
        signal: Signal::Slope { floor: 264.0 },
        requests: 120,
        window: 48,
        signs: &[Sign::Gauge("metric series")],
        ..JOB
    },
    Lesson {
        id: "l14_request_context",
        title: "tell an order's history, log who asked",
        route: "GET /orders/{id}/history",
        law: "requests",
        // The table of headers of one request: 32 places of 208 B.
        signal: Signal::Slope { floor: 4_096.0 },
        requests: 60,
        window: 20,
        // Allocated while the connection took the request in, before any handler.
        culprits: &["actix_http::h1::dispatcher::InnerDispatcher"],
        ..JOB
    },
    Lesson {
        id: "l15_interned_names",
        title: "report on a tenant, under a shared name",
        route: "GET /tenants/{tenant}/report",
        law: "names",
        // The text of a name, and where the set points to it.
        signal: Signal::Slope { floor: 56.0 },
        // Few enough for the warm-up to fill: a set grows until it is full.
        settings: &["--report-names-max=80"],
        ..JOB
    },
    Lesson {
        id: "l16_burst",
        title: "list bestsellers, many at once, then none",
        route: "GET /orders/bestsellers",
        law: "burst size",
        // A page of a hundred orders of a kilobyte.
        // 32 idle connections to the database, each with a read buffer that follows what
        // it carried, up to 408 KB (hyper 1.12, h1/io.rs).
        signal: Signal::Burst { floor: 100_000.0, step: 13_000_000.0 },
        requests: 64,
        window: 2,
        concurrency: 64,
        ..JOB
    },
    Lesson {
        id: "c01_client_clones",
        kind: Kind::Control,
        title: "clone the client 1,000 times a request",
        route: "GET /orders/{id}/status",
        law: "client clones",
        signal: Signal::Slope { floor: 0.0 },
        // Enough to see a leak of eight bytes.
        requests: 320,
        window: 15,
        ..JOB
    },
    Lesson {
        id: "c02_first_page",
        kind: Kind::Control,
        title: "list one page, drop the paginator",
        route: "GET /orders",
        law: "dropped paginators",
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
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 15,
        ..JOB
    },
    Lesson {
        id: "c04_retries",
        kind: Kind::Control,
        title: "write through throttling, try after try",
        route: "PUT /orders/{id}/seen",
        law: "attempts",
        signal: Signal::Peak { sizes: &[1, 2, 3], of: Scale::Attempts },
        // In the rounds every call is refused once.
        faults: &[
            Fault::new("PutItem", THROTTLED).when(When::Cycle { hit: 1, of: 2 })
        ],
        requests: 40,
        window: 1,
        ..JOB
    },
    Lesson {
        id: "c05_compression",
        kind: Kind::Control,
        title: "print a packing list, compressed or not",
        route: "GET /orders/{id}/packing-list",
        law: "compressed answers",
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 10,
        ..JOB
    },
    Lesson {
        id: "c06_client_churn",
        kind: Kind::Control,
        title: "build a client for a request, and drop it",
        route: "GET /orders/{id}/weight",
        law: "built clients",
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 4,
        ..JOB
    },
];
