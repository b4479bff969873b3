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
        id: "l02_tenant_clients",
        title: "tell a tenant's last order in its name",
        route: "GET /tenants/{tenant}/summary",
        law: "tenants",
        claims: &["C02", "C15"],
        // A client of its own: at least a pool and a read buffer of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 20,
        window: 6,
        // The connection that each client keeps for the tenant's next request.
        signs: &[Sign::OpenFiles, Sign::Sockets("ESTABLISHED")],
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
        id: "l10_retry_partition",
        title: "keep a draft, with retries counted by tenant",
        route: "PUT /tenants/{tenant}/orders/{id}",
        law: "tenants",
        claims: &["C07", "C15"],
        // What a bucket allocates, and its place in the SDK's map.
        signal: Signal::Slope { floor: 200.0 },
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
        id: "l14_request_context",
        title: "tell an order's history, log who asked",
        route: "GET /orders/{id}/history",
        law: "requests",
        claims: &["C03"],
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
        claims: &["C12"],
        // The text of a name, and where the set points to it.
        signal: Signal::Slope { floor: 56.0 },
        // Few enough for the warm-up to fill: a set grows until it is full.
        settings: &["--report-names-max=80"],
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
        id: "c06_client_churn",
        kind: Kind::Control,
        title: "build a client for a request, and drop it",
        route: "GET /orders/{id}/weight",
        law: "built clients",
        claims: &["C02"],
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 4,
        ..JOB
    },
];
