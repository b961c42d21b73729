# Makes the requests of Sightengine's Python client with the library that it makes them by, requests, and prints the answers as
# JSON. Like the client it reads JSON whatever the HTTP status.
# Usage: python3 sightengine-requests.py BASE_URL API_USER API_SECRET MODELS FILE IMAGE_URL

import io
import json
import sys

import requests

base, user, secret, models, file, url = sys.argv[1:]
keys = {"api_user": user, "api_secret": secret}
check = base + "1.0/check.json"
headers = requests.utils.default_headers()
headers.update({"User-Agent": "SE-SDK-Python 1.4.0"})

with open(file, "rb") as opened:
    content = opened.read()


def post(to, media, data):
    return requests.post(to, files={"media": media}, data=data, headers=headers)


def get(to, params):
    return requests.get(to, params=params, headers=headers)


answers = [
    get(check, {"models": models, "url": url, **keys}),
    post(check, open(file, "rb"), {"models": models, **keys}),
    post(check, io.BytesIO(content), {"models": models, **keys}),
    # As versions before 1.3 asked for a single model.
    post(base + "1.0/nudity.json", io.BytesIO(content), keys),
    get(base + "1.0/nudity.json", {"url": url, **keys}),
    get(base + "1.0/video/check.json", {"models": models, "callback_url": url, "stream_url": url, **keys}),
    post(check, io.BytesIO(content), {"models": models, "api_user": user, "api_secret": "wrong"}),
]
print(json.dumps([json.loads(answer.text) for answer in answers]))
