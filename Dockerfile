# The server as an image: docker build --tag surveyapp:latest . (or: make image)
# The first stage builds the environment from the pinned versions; the second holds that and nothing else.

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml setup.py constraints.txt README.md LICENSE ./
COPY surveyapp surveyapp
COPY migrations migrations
COPY forms forms
RUN python -m venv /opt/surveyapp \
 && /opt/surveyapp/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[fast]'

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /data surveyapp \
 && install --directory --owner=surveyapp --group=surveyapp --mode=0750 /data /backup
COPY --from=build /opt/surveyapp /opt/surveyapp
ENV PATH=/opt/surveyapp/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SURVEYAPP_DATA_DIR=/data
USER surveyapp
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# exec: the server itself gets the signal to stop, and finishes what it is receiving.
CMD ["sh", "-c", "surveyapp migrate && exec surveyapp serve --host 0.0.0.0 --port 8000"]
