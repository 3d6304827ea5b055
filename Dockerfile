# One image for all processes, the command chooses: `docker run saidao scoring`; see docs/run-in-containers.md.

FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY . .
# Left is what npm reads: packages are fetched anew when that changes, not with every source.
RUN find . -type f ! -name package.json ! -name package-lock.json ! -path './patches/*' -delete \
  && find . -type d -empty -delete

# What puts the patches on stays out of the image.
FROM node:24-bookworm-slim AS patcher
WORKDIR /patcher
COPY --from=manifests /app/package.json /app/package-lock.json ./
RUN npm ci --workspaces=false --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  $(printf -- '--workspace=%s ' services/* packages/outside-world packages/topology)
COPY --from=patcher /patcher/node_modules /patcher/node_modules
RUN node /patcher/node_modules/patch-package/index.js --error-on-fail
# Programs for other systems, and what only debuggers and compilers of others read.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 \
  && find . -mindepth 2 -maxdepth 2 ! -path "./linux/$(node -p process.arch)" -exec rm -r {} + \
  && cd /app && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' \) -delete

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
# Node strips types outside node_modules only: there, packages are links to these folders.
COPY packages packages
COPY services services
COPY infra infra
# What the schema registry shows.
COPY docs/reference docs/reference
COPY package.json ./
RUN install -d -o node -g node /data node_modules/.cache
# Doors have to be reached from outside of the container.
ENV HTTP_HOST=0.0.0.0 HTTP_PORT=8080 \
    OUTSIDE_WORLD_HOST=0.0.0.0 OUTSIDE_WORLD_PORT=8080 OUTSIDE_WORLD_DATA=/data
USER node
# Without settings each ends before long, and what it has compiled is kept: the first start of a
# container is quick, and needs no place to write to.
RUN for main in services/*/main.ts packages/outside-world/src/main.ts; do \
    name=$(echo "$main" | cut -d/ -f2); \
    timeout 15 env OUTSIDE_WORLD_PORT=none node infra/containers/main.ts "$name" >/dev/null 2>&1 || true; \
  done
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD node infra/containers/healthy.mjs "http://127.0.0.1:$HTTP_PORT/livez" \
    "http://127.0.0.1:$OUTSIDE_WORLD_PORT/healthz"
ENTRYPOINT ["node", "infra/containers/main.ts"]
