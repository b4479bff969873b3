# The order service twice and its driver, as three small images from one build.
#
#   docker build --target leaky -t leaky .
#   docker build --target fixed -t fixed .
#   docker build -t leaklab .               the driver, with the programs that it starts
#
# One image is pulled, Rust on Debian; --build-arg BUILD_IMAGE=NAME takes another. It
# needs no BuildKit.

ARG BUILD_IMAGE=rust:1.95-slim-bookworm

FROM ${BUILD_IMAGE} AS build
# For the images below: busybox, a shell and health checks in one file without
# libraries, and certificates for DynamoDB over TLS.
RUN [ -e /bin/busybox -a -e /etc/ssl/certs/ca-certificates.crt ] \
    || { apt-get update \
    && apt-get install --yes --no-install-recommends busybox-static ca-certificates; }
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY crates crates
# The chapters are built into the driver, and the services test examples of one.
COPY docs docs
# Call stacks need the debug information, which takes a third of the room compressed.
RUN cargo build --release --locked -p leaky -p fixed -p decoys -p engine -p leaklab -p preload \
    && cd target/release \
    && for program in leaky fixed decoys leaklab-engine leaklab; do \
        objcopy --compress-debug-sections=zlib "$program" || exit 1; \
    done
# What every image has: the libraries of the programs, a user, and no distribution.
RUN install -d /rootfs/bin /rootfs/etc/ssl/certs && install -d -m 1777 /rootfs/tmp \
    && ldd target/release/fixed target/release/leaklab | grep -o '/lib[^ ]*' | sort -u \
        | xargs cp --parents -L -t /rootfs /bin/busybox /etc/ssl/certs/ca-certificates.crt \
    && echo 'leaklab:x:10001:10001::/nonexistent:/sbin/nologin' > /rootfs/etc/passwd \
    && echo 'leaklab:x:10001:' > /rootfs/etc/group

FROM scratch AS runtime
COPY --from=build /rootfs /
# By number, so that a cluster can see that it is not root.
USER 10001:10001

FROM runtime AS leaky
COPY --from=build /src/target/release/leaky /usr/local/bin/
EXPOSE 8080
ENTRYPOINT ["leaky"]

FROM runtime AS fixed
COPY --from=build /src/target/release/fixed /usr/local/bin/
EXPOSE 8080
ENTRYPOINT ["fixed"]

# leaklab starts the twins and the engine, and looks for them beside its own program.
FROM runtime AS leaklab
COPY --from=build /src/target/release/leaky /src/target/release/fixed \
    /src/target/release/decoys /src/target/release/leaklab-engine \
    /src/target/release/leaklab /src/target/release/libpreload.so /usr/local/bin/
ENTRYPOINT ["leaklab"]
