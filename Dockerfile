# One image for all that runs of the product:
#   docker run concert-api                       the service (ROLE api | worker | all)
#   docker run concert-api dist/cli/migrate.js   the tools: migrate, seed, verify
# `docker build .` needs nothing but a registry. A builder behind its own npm registry or CA gives them as secrets,
# which stay in no layer: --secret id=npmrc,src=~/.npmrc --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
#
# The same commit gives the same files with the same times; with --build-arg SOURCE_DATE_EPOCH=0 the image's own time is
# the same, and with --build-arg NODE_IMAGE=…@sha256:… and BASE_IMAGE=…@sha256:… what lies below.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
# What NODE_IMAGE is made on.
ARG BASE_IMAGE=debian:bookworm-slim

# Only files are copied from it: nothing of another architecture than the builder's is ever run.
FROM ${NODE_IMAGE} AS base

# What is installed and compiled is JavaScript, the same for each architecture. So it is made once, on the builder's.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Packages may not run install scripts; none that is needed at run time has any.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.npm \
    if [ -f /run/secrets/ca.crt ]; then \
      export NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt npm_config_cafile=/run/secrets/ca.crt; \
    fi; \
    npm ci --ignore-scripts --no-audit

# For development (skaffold.yaml): sources are copied into the running container, where node restarts. It has the native
# compiler of the builder's architecture, because the cluster of the dev loop is on the same machine.
FROM dependencies AS dev
COPY scripts/dev.js scripts/
COPY --chown=1000:1000 src src
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["--watch-path=src", "--watch-preserve-output", "--require=./scripts/dev.js", "src/main.ts"]

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY web web
RUN node scripts/build.js && find dist -name '*.map' -delete && rm dist/.build-stamp dist/.tsbuildinfo

# What runs in production needs neither compilers nor the Node that comes by npm (the image has one), nor what only
# editors and debuggers read.
FROM dependencies AS production
RUN npm prune --omit=dev --omit=optional --ignore-scripts --offline --no-audit \
    && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
    && rm -f node_modules/.package-lock.json node_modules/swagger-ui-dist/swagger-ui-es-bundle*
COPY --from=build /app/dist dist
COPY LICENSE ./
# Times of making would make every image another one.
RUN rm package-lock.json .npmrc && find /app -exec touch --no-dereference --date=@0 {} +

# Without npm, yarn and their packages, which nothing at run time uses.
FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="concert-api" \
      org.opencontainers.image.description="Concert reservation: API, worker, migrations and seed" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# NODE_OPTIONS is left alone: how much memory one of WORKERS may take is known where the limit is set (the chart).
ENV NODE_ENV=production
COPY --from=base /etc/passwd /etc/group /etc/
COPY --from=base /usr/local/bin/node /usr/local/bin/node
COPY --from=production /app /app
WORKDIR /app
# By number, so that Kubernetes can tell that it is not root. Nothing under / is written at run time.
USER 1000:1000
EXPOSE 8080
# node itself is process 1, without the base image's entrypoint script and without an init: src/main.ts handles
# SIGTERM and SIGINT, src/workers.ts passes them to the only children there are and waits for them, and nothing else
# is ever started that would have to be reaped.
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["dist/main.js"]
