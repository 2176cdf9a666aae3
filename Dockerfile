# trixie, because its SQLite is new enough for the job engine; any base with Python 3.11 or newer will do.
ARG BASE=python:3.14-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/touchline
COPY requirements.lock ./
# A network with an authority or a package index of its own gives them as secrets, which stay out of every layer:
# --secret id=ca,src=...  --secret id=pip,src=pip.conf
RUN --mount=type=secret,id=ca --mount=type=secret,id=pip \
    if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    if [ -f /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; \
    /opt/touchline/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md ./
COPY analyzers analyzers
COPY bot bot
COPY config config
RUN /opt/touchline/bin/pip install --no-deps --no-build-isolation --no-index . \
    && /opt/touchline/bin/pip uninstall --yes hatchling editables trove-classifiers pip

FROM ${BASE}
LABEL org.opencontainers.image.title="Touchline" \
      org.opencontainers.image.description="Reviews Python changes on GitHub and Gerrit" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/touchline /opt/touchline
RUN mkdir /var/lib/touchline && chown 10001:10001 /var/lib/touchline
ENV PATH=/opt/touchline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TOUCHLINE_SERVER__HOST=0.0.0.0 \
    TOUCHLINE_DATABASE__URL=sqlite:////var/lib/touchline/touchline.sqlite
USER 10001:10001
WORKDIR /var/lib/touchline
VOLUME /var/lib/touchline
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "bot.alive"]
ENTRYPOINT ["touchline"]
CMD ["serve"]
