# One image for the worker, the migrations and the offline model. Nothing for development is in it, and no embedded server.

FROM python:3.11-slim-bookworm AS environment
WORKDIR /build
COPY requirements-runtime.lock ./
RUN python -m venv /opt/handrail \
    && /opt/handrail/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements-runtime.lock

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 handrail \
    && useradd --system --uid 10001 --gid handrail --no-create-home --home-dir /nonexistent handrail
COPY --from=environment /opt/handrail /opt/handrail
WORKDIR /srv/handrail
COPY worker.py ./
COPY workflows ./workflows
COPY activities ./activities
COPY graphs ./graphs
COPY handrail ./handrail
RUN /opt/handrail/bin/python -m compileall -q .
ENV PATH=/opt/handrail/bin:$PATH \
    PYTHONPATH=/srv/handrail \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HANDRAIL_CACHE_DIR=/tmp/handrail \
    HANDRAIL_READY_FILE=/tmp/handrail.ready
USER 10001:10001
# The worker writes its process id there once it polls; it must still be alive.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "kill -0 \"$(cat \"$HANDRAIL_READY_FILE\")\""]
CMD ["sh", "-c", "rm -f \"$HANDRAIL_READY_FILE\" && exec python -m worker"]
