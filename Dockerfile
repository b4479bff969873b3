# syntax=docker/dockerfile:1
# The order service twice and its driver, as three small images from one build.
#
#   docker build --target leaky -t leaky .
#   docker build --target fixed -t fixed .
#   docker build -t leaklab .               the driver, with the programs that it starts

FROM rust:1.95-slim-bookworm AS build
# ring and SQLite are partly C.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
# The chapters are built into the driver, and the services test examples of one.
COPY docs docs
# The caches are no part of the image, so the programs leave them within the step.
# Their debug information stays: without it the call stacks name no lines.
RUN --mount=type=cache,id=leaklab-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=leaklab-target,target=/src/target,sharing=locked \
    cargo build --release --locked -p leaky -p fixed -p decoys -p engine -p leaklab -p preload \
    && mkdir /out \
    && (cd target/release && cp leaky fixed decoys leaklab-engine leaklab libpreload.so /out/)

FROM debian:bookworm-slim AS runtime
# Certificates for DynamoDB over TLS; curl for health checks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 leaklab \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin leaklab
# By number, so that a cluster can see that it is not root.
USER 10001:10001

FROM runtime AS leaky
COPY --from=build /out/leaky /usr/local/bin/
EXPOSE 8080
ENTRYPOINT ["leaky"]

FROM runtime AS fixed
COPY --from=build /out/fixed /usr/local/bin/
EXPOSE 8080
ENTRYPOINT ["fixed"]

# leaklab starts the twins and the engine, and looks for them beside its own program.
FROM runtime AS leaklab
COPY --from=build /out/leaky /out/fixed /out/decoys /out/leaklab-engine /out/leaklab /out/libpreload.so \
    /usr/local/bin/
ENTRYPOINT ["leaklab"]
