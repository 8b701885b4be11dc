# One image for web, worker and beat; compose.yaml says which program runs. No compiler is needed: every package has a wheel.
FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /srv/bihuan --shell /usr/sbin/nologin bihuan
WORKDIR /srv/bihuan
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
# The files for browsers get names with a hash of their content; they are part of the image.
RUN DATA_DIR=/srv/data python manage.py collectstatic --noinput -v 0 \
    && rm -f /srv/data/secret_key && chown -R bihuan /srv/data
USER bihuan
ENV PYTHONUNBUFFERED=1 DATA_DIR=/srv/data
EXPOSE 8000
CMD ["gunicorn", "erp.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--max-requests", "5000", "--max-requests-jitter", "500"]
