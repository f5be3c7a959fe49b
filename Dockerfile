# The site in one image: serves (gunicorn), works in the background (flask jobs) and prepares itself (flask prepare).
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/market && /opt/market/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
# pg_dump, pg_restore and psql, of the same version as the server or newer, for flask backup and flask restore.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/market --create-home market \
    && install --directory --owner market --group market /backups
COPY --from=build /opt/market /opt/market
WORKDIR /srv/market
COPY config.py wsgi.py gunicorn.conf.py ./
COPY matching matching
COPY search search
COPY marketplace marketplace
COPY templates templates
COPY migrations migrations
COPY demo demo
RUN /opt/market/bin/python -m compileall -q .
ENV PATH=/opt/market/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/market \
    NUMBA_CACHE_DIR=/var/lib/market/numba \
    HOST=0.0.0.0 \
    PORT=8000
USER market
VOLUME ["/var/lib/market", "/backups"]
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"]
