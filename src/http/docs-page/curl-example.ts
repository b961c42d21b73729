import {
  type Media,
  type OpenApiDocument,
  type PlacedOperation,
  type RequestBody,
  resolve,
  type Schema,
} from "./openapi-document.ts";
import { mediaExample, schemaExample } from "./schema-example.ts";

/** One way to call an operation. */
export interface CurlExample {
  /** The content type of the body it sends, null where it sends none. */
  readonly contentType: string | null;
  readonly command: string;
}

const DEFAULT_BASE = "http://localhost:8080";

/** curl commands ready to paste, one for each content type the operation takes; the key comes from $LOOKALIKE_KEY. */
export function curlExamples(document: OpenApiDocument, placed: PlacedOperation): CurlExample[] {
  const { operation, method } = placed;
  const start = [
    `curl ${method === "GET" || (method === "POST" && operation.requestBody) ? "" : `-X ${method} `}'${exampleUrl(document, placed)}'`,
  ];
  if (takesKey(document, placed)) start.push(`-H "Authorization: Bearer $LOOKALIKE_KEY"`);
  if (operation.requestBody === undefined) return [{ contentType: null, command: joinLines(start) }];
  const body = resolve<RequestBody>(document, operation.requestBody);
  return Object.entries(body.content).map(([contentType, media]) => ({
    contentType,
    command: joinLines([...start, ...bodyOptions(document, contentType, media)]),
  }));
}

/** Whether a key may be sent along, needed or not. */
export function takesKey(document: OpenApiDocument, { operation }: PlacedOperation): boolean {
  return (operation.security ?? document.security ?? []).some((way) => Object.keys(way).length > 0);
}

/** Whether nothing is answered without a key. */
export function needsKey(document: OpenApiDocument, { operation }: PlacedOperation): boolean {
  const ways = operation.security ?? document.security ?? [];
  return ways.length > 0 && ways.every((way) => Object.keys(way).length > 0);
}

function exampleUrl(document: OpenApiDocument, { path, parameters }: PlacedOperation): string {
  const base = document.servers?.[0]?.url ?? DEFAULT_BASE;
  const value = (name: string, where: string): string => {
    const parameter = parameters.find((candidate) => candidate.name === name && candidate.in === where);
    return encodeURIComponent(String(parameter?.example ?? schemaExample(document, parameter?.schema ?? {})));
  };
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => value(name, "path"));
  const query = parameters.filter((parameter) => parameter.in === "query" && parameter.required === true);
  const text = query.map(({ name }) => `${encodeURIComponent(name)}=${value(name, "query")}`).join("&");
  return `${base.startsWith("http") ? base.replace(/\/$/, "") : DEFAULT_BASE}${filled}${text === "" ? "" : `?${text}`}`;
}

function bodyOptions(document: OpenApiDocument, contentType: string, media: Media): string[] {
  if (contentType === "multipart/form-data") return formOptions(document, media, "-F");
  if (contentType === "application/x-www-form-urlencoded") return formOptions(document, media, "--data-urlencode");
  if (contentType.includes("json")) {
    const json = JSON.stringify(mediaExample(document, media));
    return [`-H 'Content-Type: ${contentType}'`, `-d ${quoteForShell(json)}`];
  }
  return [`-H 'Content-Type: ${contentType.replace("image/*", "image/jpeg")}'`, "--data-binary @photo.jpg"];
}

/** The file and every required field. */
function formOptions(document: OpenApiDocument, media: Media, option: string): string[] {
  const schema = resolve<Schema>(document, media.schema ?? {});
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const property = resolve<Schema>(document, given);
    if (property.format === "binary") return [`${option} ${name}=@photo.jpg`];
    if (!required.includes(name)) return [];
    return [`${option} ${quoteForShell(`${name}=${String(schemaExample(document, property))}`)}`];
  });
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function joinLines(lines: readonly string[]): string {
  return lines.join(" \\\n  ");
}
