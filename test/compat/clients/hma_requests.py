"""Talks to HMA with Python's requests, in the ways that its users do, and prints what came back as JSON.

Usage: hma_requests.py BASE_URL IMAGE_FILE IMAGE_URL

The base URL may have credentials in it, which requests sends as Basic authentication.
"""

import json
import sys

import requests

base, image_file, image_url = sys.argv[1:]
seen = {}


def note(name, response):
    """Keeps status and JSON (or text) of an answer."""
    is_json = response.headers["Content-Type"].startswith("application/json")
    seen[name] = [response.status_code, response.json() if is_json else response.text]
    return response


with open(image_file, "rb") as file:
    image = file.read()

note("status", requests.get(f"{base}/status"))
note("live", requests.get(f"{base}/status/live"))
note("site_map", requests.get(f"{base}/site-map"))

# As HMA's own API tests name and make banks.
for name in ["01_TEST_BANK", "my_test_bank", "MY_TEST_BANK_01"]:
    note(f"create {name}", requests.post(f"{base}/c/banks", json={"name": name}))
note("create again", requests.post(f"{base}/c/banks", json={"name": "MY_TEST_BANK_01"}))
note("banks", requests.get(f"{base}/c/banks"))
note("bank", requests.get(f"{base}/c/bank/MY_TEST_BANK_01"))
note("no bank", requests.get(f"{base}/c/bank/NEW_BANK"))

# A file under its own name, as an evaluation script banks a folder, and bytes without a name, as a service hashes what it
# was given.
with open(image_file, "rb") as file:
    files = {"photo": ("a b.png", file)}
    banked = note("bank file", requests.post(f"{base}/c/bank/MY_TEST_BANK_01/content", files=files))
content_id = banked.json()["id"]
hashed = note("hash bytes", requests.post(f"{base}/h/hash", files={"photo": image}))
note("hash video", requests.post(f"{base}/h/hash", files={"video": image}))

# The URL stands in clear, other parameters behind it.
note("hash url", requests.get(f"{base}/h/hash?url={image_url}"))
note("hash url as photo", requests.get(f"{base}/h/hash?url={image_url}&content_type=photo&types=pdq"))
content = f"{base}/c/bank/MY_TEST_BANK_01/content"
by_url = f"{content}?url={image_url}&content_type=photo"
note("bad metadata", requests.post(by_url, json={"metadata": {"invalid": 5}}))
metadata = {"content_id": "1197433091", "json": {"asdf": {}}}
note("bank url", requests.post(by_url, json={"metadata": metadata}))

# requests writes Python's True as it is.
signal = {"signal_type": "pdq", "signal": hashed.json()["pdq"]}
raw = {**signal, "include_distance": True}
note("raw lookup", requests.get(f"{base}/m/raw_lookup", params=raw))
raw["banks"] = "NON_EXISTENT_BANK"
note("raw lookup in no bank", requests.get(f"{base}/m/raw_lookup", params=raw))
note("lookup", requests.get(f"{base}/m/lookup", params=signal))
note("lookup url", requests.get(f"{base}/m/lookup?url={image_url}"))
note("lookup url by type", requests.get(f"{base}/m/lookup?url={image_url}&signal_type=pdq"))
files = {"photo": ("image.jpg", image, "image/jpeg")}
note("lookup file", requests.post(f"{base}/m/lookup?bypass_coinflip=false", files=files))

specimens = [
    "facd8bcb2a49bcebdec1985298d5fe84bcd006c187c598c720c3c087b3fdb318",
    "facd8bcb2a49bcebdec1985228d5ae84bcd006c187c598c720c2b087b3fdb318",
]
note("compare", requests.post(f"{base}/m/compare", json={"pdq": specimens}))
bad_inputs = [["banana"], {"pdq": "banana"}, {"pdq": []}, {"pdq": ["banana", "banana"]}, {"pdq": specimens * 2}]
for number, bad in enumerate(bad_inputs):
    note(f"bad compare {number}", requests.post(f"{base}/m/compare", json=bad))

one = f"{content}/{content_id}"
note("note", requests.put(one, json={"note": "Reported by user X"}))
note("get", requests.get(f"{one}?include_signals=true"))
note("clear note", requests.put(one, json={"note": ""}))
note("too late", requests.put(one, json={"disable_until_ts": 9999999999}))
note("delete content", requests.delete(one))
note("delete content again", requests.delete(one))
note("get deleted", requests.get(one))

note("no exchange", requests.get(f"{base}/c/exchange/NONEXISTENT_EXCHANGE/status"))
note("delete bank", requests.delete(f"{base}/c/bank/MY_TEST_BANK_01"))
note("delete bank again", requests.delete(f"{base}/c/bank/MY_TEST_BANK_01"))

print(json.dumps(seen))
