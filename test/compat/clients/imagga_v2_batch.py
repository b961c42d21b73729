"""Categorizes every picture of a folder by Imagga's API v2: upload, then categories by the upload's id.

Usage: imagga_v2_batch.py <endpoint> <key> <secret> <input folder> <output folder>
Makes the calls of the batch program on Imagga's page, in its order, and reads the fields that it reads.
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
        answer = requests.post(ENDPOINT + '/uploads', auth=CREDENTIALS, files={'image': picture})
    return answer.json()['result']['upload_id']


def categories(upload_id):
    answer = requests.get(
        ENDPOINT + '/categories/nsfw_beta', auth=CREDENTIALS, params={'image_upload_id': upload_id})
    return answer.json()


os.makedirs(TARGET, exist_ok=True)
found = {}
for entry in sorted(os.scandir(SOURCE), key=lambda each: each.name):
    if os.path.splitext(entry.name)[1].lower() not in ('.png', '.jpg', '.jpeg', '.gif'):
        continue
    found[entry.name] = categories(upload(entry.path))
for name, result in found.items():
    with open(os.path.join(TARGET, 'result_%s.json' % name), 'w') as target:
        json.dump(result, target, indent=4)
print('Done')
