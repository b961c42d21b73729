import { InvalidRequest } from "./errors.ts";

/** What a moderation asks for. */
export interface Asked {
  /** As the request names it. */
  readonly model: string;
  /** Of the one image: http, https or data. */
  readonly url: string;
  /** Items of the input that nobody looks at, such as `input[0]`: its texts. */
  readonly unchecked: readonly string[];
}

/** Most items of an input: one is an image, and an answer names each of the others. */
const MOST_ITEMS = 1000;

/** Those that take images. */
const MODELS = ["omni-moderation-latest", "omni-moderation-2024-09-26"];
const TEXT_MODELS = ["text-moderation-latest", "text-moderation-stable"];

/**
 * Reads the parameters of `POST /v1/moderations`. One image, as the vendor has it, and texts beside it: those are not
 * classified here, so an input of nothing else is refused, lest somebody think it was.
 * @throws InvalidRequest
 */
export function readModeration(json: unknown): Asked {
  if (!isObject(json))
    throw new InvalidRequest("invalid_type", `Expected an object but received ${kindOf(json)}`, "body");
  for (const name of Object.keys(json)) {
    if (name !== "input" && name !== "model") {
      const shown = name.slice(0, 60);
      throw new InvalidRequest("unknown_parameter", `Unknown parameter: '${shown}'.`, shown);
    }
  }
  return { model: readModel(json.model), ...readInput(json.input) };
}

function readModel(model: unknown): string {
  if (model === undefined || model === null) return "omni-moderation-latest";
  if (typeof model !== "string") {
    throw new InvalidRequest("invalid_type", `Expected a string for model but received ${kindOf(model)}`, "model");
  }
  if (MODELS.includes(model)) return model;
  const shown = model.slice(0, 60);
  if (TEXT_MODELS.includes(model)) {
    throw new InvalidRequest(
      "unsupported_value",
      `Expected ${MODELS.join(" or ")} for model but received ${shown}, which takes text alone; text is not classified here`,
      "model",
    );
  }
  throw new InvalidRequest("model_not_found", `The model '${shown}' does not exist.`, "model");
}

function readInput(input: unknown): Pick<Asked, "url" | "unchecked"> {
  if (input === undefined)
    throw new InvalidRequest("missing_required_parameter", "Missing required parameter: 'input'.", "input");
  if (typeof input === "string") throw textOnly("input");
  if (!Array.isArray(input)) {
    throw new InvalidRequest("invalid_type", `Expected an array for input but received ${kindOf(input)}`, "input");
  }
  if (input.length === 0) {
    throw new InvalidRequest(
      "empty_array",
      "Expected at least one item for input but received an empty array",
      "input",
    );
  }
  if (input.length > MOST_ITEMS) {
    throw new InvalidRequest(
      "array_above_max_length",
      `Expected at most ${MOST_ITEMS} items for input but received ${input.length}`,
      "input",
    );
  }
  const urls: string[] = [];
  const unchecked: string[] = [];
  for (const [place, item] of input.entries()) {
    const url = readItem(item, `input[${place}]`);
    if (url === null) unchecked.push(`input[${place}]`);
    else urls.push(url);
  }
  const [url] = urls;
  if (url === undefined) throw textOnly("input[0]");
  if (urls.length > 1) {
    throw new InvalidRequest("too_many_images", `Number of images (${urls.length}) exceeds maximum of 1`, "input");
  }
  return { url, unchecked };
}

/** The URL of an image; null for a text. */
function readItem(item: unknown, place: string): string | null {
  if (typeof item === "string") return null;
  if (!isObject(item)) {
    throw new InvalidRequest("invalid_type", `Expected an object for ${place} but received ${kindOf(item)}`, place);
  }
  if (item.type === "text") {
    if (typeof item.text === "string") return null;
    throw new InvalidRequest(
      "invalid_type",
      `Expected a string for ${place}.text but received ${kindOf(item.text)}`,
      place,
    );
  }
  if (item.type !== "image_url") {
    const received = typeof item.type === "string" ? item.type.slice(0, 60) : kindOf(item.type);
    throw new InvalidRequest(
      "invalid_value",
      `Expected text or image_url for ${place}.type but received ${received}`,
      place,
    );
  }
  const url = isObject(item.image_url) ? item.image_url.url : undefined;
  if (typeof url === "string") return url;
  throw new InvalidRequest(
    "invalid_type",
    `Expected a string for ${place}.image_url.url but received ${kindOf(url)}`,
    place,
  );
}

function textOnly(place: string): InvalidRequest {
  return new InvalidRequest(
    "unsupported_input",
    `Expected an image for input but received text alone for ${place}: text is not classified here`,
    place,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "none";
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
