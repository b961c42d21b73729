/** Of a caller's own text in an answer, in characters. */
const MOST = 80;

/** A JSON value in a message. Of an array or an object only that it is one: its parts may be nested without end. */
export function shortText(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value).slice(0, MOST);
}
