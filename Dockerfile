# One image for every service: `docker run IMAGE gateway`. No BuildKit-only syntax.
# BASE needs Python >= 3.11 as python3, with venv; NODE needs node and npm, as package.json says.
ARG BASE=python:3.11-slim-bookworm
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS web
WORKDIR /src
COPY package.json package-lock.json tsconfig.base.json ./
COPY sdk/typescript/package.json sdk/typescript/
COPY web/package.json web/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY proto proto
COPY sdk/typescript sdk/typescript
COPY web web
RUN npm run build -w web

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/parley
# First what changes rarely: the layer is kept while the lock file stays as it is.
COPY requirements/image.txt requirements/
RUN /opt/parley/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    -r requirements/image.txt
COPY LICENSE README.md pyproject.toml ./
COPY proto proto
COPY services services
COPY gateway gateway
COPY auth auth
COPY history history
COPY presence presence
COPY media media
COPY notify notify
COPY verify verify
COPY sdk/python sdk/python
RUN /opt/parley/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM ${BASE}
COPY --from=build /opt/parley /opt/parley
# The browser client, and where `services.local.publish` copies it for another server to read.
COPY --from=web /src/web/dist /opt/parley/share/parley/web
# A new volume takes its owner from where it is mounted: these are what `services.deploy.init` fills.
RUN install -d -o 10001 -g 10001 /srv/web /srv/media /srv/secrets /srv/secrets/own /srv/secrets/auth \
    /srv/secrets/history /srv/secrets/presence /srv/secrets/media /srv/secrets/notify /srv/secrets/gateway \
    /srv/secrets/nats /srv/secrets/postgres /srv/secrets/valkey /srv/secrets/grafana
# Not a name: Kubernetes can only see that a number is not root.
USER 10001:10001
WORKDIR /tmp
ENV PATH=/opt/parley/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PARLEY_HOST=0.0.0.0
EXPOSE 8000 9000
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PARLEY_PRIVATE_PORT', '9000') + '/readyz', timeout=5)"]
ENTRYPOINT ["python", "-m"]
CMD ["gateway"]
