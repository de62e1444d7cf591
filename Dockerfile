# One image for the five services; docker-compose.yml says which one a container is.

FROM python:3.11-slim AS builder
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY . .
# every file has the hash that the lock has; the project itself brings nothing
RUN python -m launcher.setup.lock build postgresql >/tmp/requirements.txt \
    && pip install --require-hashes --no-deps --requirement /tmp/requirements.txt
RUN pip install --no-deps --no-build-isolation --editable . --config-settings editable_mode=compat \
    && rm -rf build
# a core that does not load is to fail here, not at the first order
RUN ENGINE_CORE=cython python -c "import engine.core"
RUN python -c "import engine.order_path.path, order_gateway.order_path.path"

FROM python:3.11-slim
# the archive's database, which the gateways and market data read, and the marks of a crash
RUN useradd --system --uid 10001 --no-create-home exchange && install -d -o exchange /data
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENGINE_CORE=cython \
    DATA_DIR=/data
WORKDIR /app
USER exchange
CMD ["python", "-m", "engine"]
