# The image of the server, the dashboard and the command: docker build -t audittrail .

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY otel_exporter/src otel_exporter/src
COPY receiver/src receiver/src
COPY storage/src storage/src
# The package has links to these.
COPY rules/pricing.yaml rules/pricing.yaml
COPY rules/constitution rules/constitution
COPY rules/src rules/src
COPY dashboard/src dashboard/src
COPY attribution/src attribution/src
# The agent that `audittrail demo` runs.
COPY examples/langgraph-agent examples/langgraph-agent
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:3.12-slim
LABEL org.opencontainers.image.title="AuditTrail" \
      org.opencontainers.image.description="OpenTelemetry-native observability and audit for AI agents" \
      org.opencontainers.image.licenses="Apache-2.0"

# A fixed id, so that the files of a volume keep their owner from one version to the next.
RUN groupadd --gid 10001 audittrail \
    && useradd --uid 10001 --gid audittrail --no-create-home --home-dir /data \
        --shell /usr/sbin/nologin audittrail \
    && install --directory --owner audittrail --group audittrail --mode 0700 /data

# Wheels only: the image has no compiler, and a package that needed one should fail here.
RUN --mount=type=bind,from=build,source=/dist,target=/dist \
    --mount=type=bind,source=constraints.txt,target=/constraints.txt \
    pip install --no-cache-dir --only-binary :all: --constraint /constraints.txt \
        "$(echo /dist/*.whl)[server]"

ENV AUDITTRAIL_HOST=0.0.0.0 \
    AUDITTRAIL_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000 4317 4318 3000

# Without urllib, which would ask a proxy from the environment.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/api/v1/health'); raise SystemExit(c.getresponse().status != 200)"]

CMD ["audittrail", "serve"]
