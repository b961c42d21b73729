"""Categorizes every picture of a folder by Imagga's API v1: content, then categorizations by the content's id.

Usage: imagga_v1_batch.py <endpoint> <key> <secret> <input folder> <output folder>
Makes the calls of the batch program on Imagga's page, in its order, and reads the fields that it reads: the field of the
form has the name of the file.
"""
import json
import os
import sys

import requests
from requests.auth import HTTPBasicAuth

ENDPOINT, KEY, SECRET, SOURCE, TARGET = sys.argv[1:6]
CREDENTIALS = HTTPBasicAuth(KEY, SECRET)


def upload(path):
    with open(path, 'rb') as picture:
        name = os.path.basename(path)
        answer = requests.post(ENDPOINT + '/content', auth=CREDENTIALS, files={name: picture})
    uploaded = answer.json()['uploaded']
    return uploaded[0]['id']


def categories(content_id):
    answer = requests.get(
        ENDPOINT + '/categorizations/nsfw_beta', auth=CREDENTIALS, params={'content': content_id})
    return answer.json()


found = {}
for name in sorted(os.listdir(SOURCE)):
    if name.split('.')[-1].lower() not in ('png', 'jpg', 'jpeg', 'gif'):
        continue
    try:
        content_id = upload(os.path.join(SOURCE, name))
    except (IndexError, KeyError):
        continue
    found[name] = categories(content_id)
os.makedirs(TARGET, exist_ok=True)
for name, result in found.items():
    with open(os.path.join(TARGET, 'result_%s.json' % name), 'wb') as target:
        target.write(json.dumps(result, ensure_ascii=False, indent=4).encode('utf-8'))
print('Done')
