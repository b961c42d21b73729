"""Talks to Azure Content Moderator with the vendor's client for Python, and prints what it made of the answers as JSON.

Usage: azure_content_moderator.py ENDPOINT KEY IMAGE_FILE COPY_URL

COPY_URL serves another picture than IMAGE_FILE holds in bytes, and the same one in looks.
"""

import json
import sys

from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException
from msrest.authentication import CognitiveServicesCredentials

endpoint, key, image_file, copy_url = sys.argv[1:]
client = ContentModeratorClient(endpoint, CognitiveServicesCredentials(key))
lists, images, moderation = client.list_management_image_lists, client.list_management_image, client.image_moderation
seen = {}


def note(name, call, *args, **kwargs):
    """Keeps what a call gives, or the error that the client makes of a refusal."""
    try:
        answer = call(*args, **kwargs)
        found = [each.as_dict() for each in answer] if isinstance(answer, list) else answer
        seen[name] = found.as_dict() if hasattr(found, "as_dict") else found
        return answer
    except APIErrorException as refusal:
        seen[name] = {"status": refusal.response.status_code, **refusal.error.error.as_dict()}


def with_file(name, call, *args, **kwargs):
    """The client streams the file, in chunks."""
    with open(image_file, "rb") as file:
        return note(name, call, *args, image_stream=file, **kwargs)


made = {"name": "MyList", "description": "A sample list", "metadata": {"Acceptable": "Potentially racy"}}
list_id = str(note("create", lists.create, "application/json", body=made).id)
note("lists", lists.get_all_image_lists)
note("update", lists.update, list_id, "application/json", body={"name": "Renamed"})

# Each first by file, then by URL.
added = with_file("add file", images.add_image_file_input, list_id, tag=101, label="Sports")
by_url = {"data_representation": "URL", "value": copy_url}
with_file("match file", moderation.match_file_input, list_id=list_id, cache_image=True)
note("match url", moderation.match_url_input, "application/json", list_id=list_id, **by_url)
with_file("evaluate file", moderation.evaluate_file_input)
note("evaluate url", moderation.evaluate_url_input, "application/json", cache_image=True, **by_url)

with_file("add again", images.add_image_file_input, list_id)
note("refresh", lists.refresh_index_method, list_id)
note("ids", images.get_all_image_ids, list_id)
note("delete image", images.delete_image, list_id, added.content_id)
with_file("match none", moderation.match_file_input, list_id=list_id)
note("add url", images.add_image_url_input, list_id, "application/json", label="Swimsuit", **by_url)
note("delete images", images.delete_all_images, list_id)
note("ids of none", images.get_all_image_ids, list_id)

# Calls that send nothing at all.
note("add nothing", images.add_image, list_id)
note("match nothing", moderation.match_method)
note("delete list", lists.delete, list_id)
note("no list", lists.get_details, list_id)
note("faces", moderation.find_faces_url_input, "application/json", **by_url)
wrong = ContentModeratorClient(endpoint, CognitiveServicesCredentials("0123456789abcdef0123456789abcdef"))
note("wrong key", wrong.list_management_image_lists.get_all_image_lists)

print(json.dumps(seen))
