# The service in a container, without root, on a root file system that cannot be written:
#
#   docker build -t ocroute .
#   docker run --read-only --tmpfs /tmp -v ocroute:/data -p 127.0.0.1:8000:8000 \
#     --mount type=bind,src="$PWD/keys",dst=/run/secrets/ocroute-keys,readonly ocroute
#
# With a GPU: docker build --build-arg EXTRAS=serve,pdf,docx,vlm -t ocroute-gpu . && docker run --gpus all ...
# torch brings its own CUDA; the host needs the driver and the NVIDIA container toolkit.

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src src
# The models of the engine rapidocr are fetched from the package index while the wheel is built.
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.12-slim-bookworm
ARG EXTRAS=serve,pdf,docx
# hadolint ignore=DL3013
RUN --mount=type=bind,from=build,source=/wheel,target=/wheel \
    wheel="$(echo /wheel/ocroute-*.whl)" \
    && pip install --no-cache-dir "${wheel}[${EXTRAS}]" \
    && useradd --system --uid 10001 --user-group --home-dir /data ocroute \
    && install -d -o 10001 -g ocroute -m 0700 /data
USER 10001:10001
ENV HOME=/data OCROUTE_HOME=/data/home PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ocroute", "serve", "--host", "0.0.0.0", "--data", "/data/service"]
CMD ["--keys", "/run/secrets/ocroute-keys"]
