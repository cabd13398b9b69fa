# One image, two stages: the pages are built where pip and npm are, and left behind with both.
FROM python:3.13-slim AS build
RUN apt-get -qq update && apt-get -qq -y --no-install-recommends install make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make install && .venv/bin/python -m pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir /wheels .

FROM python:3.13-slim
COPY requirements.lock /requirements.lock
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --require-hashes -r /requirements.lock \
    && pip install --no-cache-dir --no-deps --no-index --find-links /wheels headwater \
    && useradd --system --uid 10001 --create-home headwater \
    && install -d -o headwater -g headwater /data
USER headwater
ENV HEADWATER_DATA_DIR=/data \
    HEADWATER_HTTP_BIND=0.0.0.0:8080 \
    HEADWATER_OPS_BIND=0.0.0.0:8081 \
    HEADWATER_RTMP_BIND=0.0.0.0:1935
VOLUME /data
EXPOSE 8080 8081 1935
# SIGTERM drains; see docs/architecture.md
STOPSIGNAL SIGTERM
ENTRYPOINT ["headwater"]
CMD ["serve"]
