"""A web page with a form for the URL of a picture, which it has categorized by Imagga's API v2.

Usage: imagga_v2_page.py <URL of the categorizer> <key> <secret>
Prints the port that it listens on. Makes the call of the Flask page on Imagga's page: the URL stands in the query as it was
typed, not escaped.
"""
import sys

import requests
from flask import Flask, render_template_string, request
from requests.auth import HTTPBasicAuth
from werkzeug.serving import make_server

ENDPOINT, KEY, SECRET = sys.argv[1:4]
PAGE = """<form action="" method="POST"><input type="url" name="image_url"><button>Submit</button></form>
{% if image_url %}<img src="{{ image_url }}"><pre>{{ result | tojson }}</pre>{% endif %}"""

app = Flask(__name__)


@app.route('/', methods=['GET', 'POST'])
def index():
    image_url = None
    result = None
    if request.method == 'POST' and 'image_url' in request.form:
        image_url = request.form['image_url']
        answer = requests.get('%s?image_url=%s' % (ENDPOINT, image_url), auth=HTTPBasicAuth(KEY, SECRET))
        result = answer.json()
    return render_template_string(PAGE, image_url=image_url, result=result)


server = make_server('127.0.0.1', 0, app)
print(server.port, flush=True)
server.serve_forever()
