# The gateway as an image: built with everything, run with what the command needs and nothing else.
#   docker build -t sluice .
#   docker run --rm sluice --help          and deploy/README.md says how to run it
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
# The versions of the lock file. No dependency runs a script when it is installed.
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run build
# Once more without what only development needs.
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev --workspace packages/cli --workspace packages/ner
# Links in node_modules lead to packages/, so the tree keeps its form; sources and tests stay behind.
RUN mkdir -p /app/packages && cp package.json LICENSE NOTICE /app/ && cp -a node_modules /app/ \
  && for package in protocol guard gateway sandbox client ner cli; do \
       [ -d packages/$package ] || continue; mkdir /app/packages/$package; \
       for part in package.json bin dist node_modules; do \
         [ ! -e packages/$package/$part ] || cp -a packages/$package/$part /app/packages/$package/; \
       done; \
     done

FROM node:24-bookworm-slim
# Reachable from outside the container; that makes keys, tokens or an explicit permission necessary (see deploy/README.md).
ENV NODE_ENV=production \
    SLUICE_HOST=0.0.0.0 \
    SLUICE_ADMIN_HOST=0.0.0.0 \
    SLUICE_AUDIT=/data/sluice-audit.db \
    SLUICE_KEYS_FILE=/data/sluice-keys.json
COPY --from=build /app /app
RUN install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /data
# The only place that is written to: run it with --read-only.
VOLUME /data
USER node
EXPOSE 8080 9464
# The admin listener: it answers without TLS, and goes on answering while the gateway drains.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=2 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# In the form of a list, so that signals reach Node itself and not a shell.
ENTRYPOINT ["node", "/app/packages/cli/bin/sluice.js"]
CMD ["serve"]
