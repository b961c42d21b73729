import type { ErrorCode } from "../../errors.ts";

/** What brings each error about and what the caller can do; one or two sentences, code between backticks. */
export const ERROR_ADVICE: Readonly<Record<ErrorCode, string>> = {
  image_missing:
    "Send a multipart field `image`, the bytes themselves with an `image/*` content type, or JSON with a `url`.",
  image_empty: "The field or body was there but held nothing; check that the file was read before it was sent.",
  image_unreadable: "The bytes are of no known image format, or damaged from the start.",
  image_truncated: "The format is right but the data ends before the picture does; send the whole file.",
  image_format_unsupported: "JPEG, PNG, WebP, GIF and AVIF are read; convert others first.",
  image_too_many_bytes: "An image may have at most 20 MiB (20971520 bytes).",
  image_too_many_pixels:
    "An image may have at most 40 million pixels, counted over all frames of an animation (AVIF 16 million), and 10,000 frames.",
  image_too_slow: "Decoding was stopped at its time limit; save the picture again in a plain format.",
  image_crashed_decoder:
    "The process that decoded these bytes ended, and was replaced; the same bytes are likely to do it again.",
  request_malformed:
    "Most HTTP libraries never send such a request; look at what is between the client and the service.",
  request_timeout:
    "Headers have to be complete within 10 seconds, the whole request within two minutes, and a body within 10 seconds while others wait for its room.",
  headers_too_large: "All headers together may have 16 KiB.",
  body_malformed: "The body does not parse as its `Content-Type` says, or a field comes twice.",
  body_too_large:
    "JSON and URL-encoded bodies may have 1 MiB, those of profile checks 32 MiB; text fields 64 KiB each, and 50 in all.",
  content_type_unsupported: "`detail` lists the content types the route takes; compressed bodies are not taken.",
  parameter_invalid: "`field` names the parameter; `detail` says what it should have been.",
  hash_malformed:
    "sha1 has 40 hex digits, sha256 64, md5 32, pdq 64 and blockhash 64; `field` names the hash that differs.",
  hash_insufficient_detail:
    "A perceptual hash of a flat picture would match many others; ban such a picture by its exact hash.",
  pattern_invalid:
    "`detail` says what is wrong and where: a pattern has at most 500 characters, a regular expression is in the syntax of RE2 and compiles to at most 500 instructions, and none may match every name.",
  match_unavailable:
    "`robust` needs a model that comes with a map to neural hashes, as the one shipped does; send `fast`, or leave it out.",
  url_malformed: "Only absolute `http` and `https` URLs without a user name are fetched.",
  url_forbidden: "The host, or one it redirects to, has an address that is not public.",
  url_unreachable: "The host did not answer with an image within 10 seconds; try again, or send the bytes.",
  credentials_missing:
    "Send the key as `Authorization: Bearer <key>`, or its id and secret by HTTP Basic authentication.",
  credentials_invalid: "The key is mistyped, revoked or rotated; ask whoever runs this service for a new one.",
  credentials_throttled:
    "Nobody looked at this key: wait as long as `Retry-After` says, and check which program at your address sends wrong ones.",
  scope_missing: "The key is good but may not do this; `detail` names the scope that is needed.",
  quota_exceeded: "No units are left until the period ends; the header `Retry-After` says when that is.",
  route_not_found: "Check the path against the API reference.",
  method_not_allowed: "The header `Allow` lists the methods of this path.",
  list_not_found: "Check the name; `GET /v1/lists` shows every list.",
  list_kind_mismatch:
    "Lists of `names` hold patterns and are named in profile checks; the others hold pictures. A list doesn't change from one to the other: create another.",
  list_exists: "Choose another name, or change the list that is there.",
  entry_not_found: "Check the id and the list it belongs to.",
  workflow_not_found: "Check the id; `GET /v1/workflows` shows every workflow.",
  feedback_not_found: "Check the id; `GET /v1/feedback` shows all feedback.",
  feedback_full:
    "Feedback given before can still be changed; there is room for more once an admin deletes some, or raises `FEEDBACK_PER_KEY`.",
  picture_not_kept:
    "Pictures that come with feedback are stored only where `KEEP_FEEDBACK_IMAGES` is on, and while the key has room for them.",
  key_not_found: "Check the id; `GET /v1/keys` shows every key.",
  upload_not_found: "Check the id; only the API key that uploaded a picture can use it.",
  upload_share_used:
    "Delete uploads that are done with, or wait until their 24 hours are over; a larger UPLOAD_STORE_MB has larger shares.",
  upload_gone: "Uploads are kept for 24 hours; send the picture again.",
  key_fixed: "This key comes from `ADMIN_KEY` and changes only there.",
  idempotency_key_reused: "An Idempotency-Key names one request; use a new key for a new body.",
  idempotency_in_progress: "The first request with this key has not been answered yet; ask again in a moment.",
  overloaded: "More is waiting than the service can take; try again after the seconds in `Retry-After`.",
  database_unavailable: "Nothing was decided or charged; try again in a moment.",
  shutting_down: "This process is ending; the next request finds another, or the same one after its restart.",
  internal: "Tell whoever runs this service the `instance`, which their log knows.",
};
