import { type Fault, InvalidParameters } from "./errors.ts";
import { shortText } from "./short-text.ts";

/**
 * Reads parameters as HMA's models do (schemas/): text stays as it is, yes and no come in many words, numbers as text too.
 * Every fault is gathered and told at once.
 */
export interface Parameters {
  text(name: string): string | undefined;
  requiredText(name: string): string;
  flag(name: string): boolean | undefined;
  number(name: string): number | undefined;
  /** @throws InvalidParameters where any was at fault */
  check(): void;
}

const YES = new Set(["1", "true", "t", "yes", "y", "on"]);
const NO = new Set(["0", "false", "f", "no", "n", "off"]);

export function readParameters(given: Readonly<Record<string, unknown>>): Parameters {
  const faults: Fault[] = [];
  const fault = (type: Fault["type"], name: string, msg: string, input: unknown) => {
    faults.push({ type, loc: [name], msg, input });
  };
  function text(name: string): string | undefined {
    const value = givenValue(given, name);
    if (value === undefined || typeof value === "string") return value;
    fault("string_type", name, "Input should be a valid string", value);
    return undefined;
  }
  return {
    text,
    requiredText(name) {
      if (givenValue(given, name) === undefined) fault("missing", name, "Field required", given);
      return text(name) ?? "";
    },
    flag(name) {
      const value = givenValue(given, name);
      if (value === undefined) return undefined;
      const word = shortText(value).toLowerCase();
      if (YES.has(word)) return true;
      if (NO.has(word)) return false;
      fault("bool_parsing", name, "Input should be a valid boolean, unable to interpret input", value);
      return undefined;
    },
    number(name) {
      const value = givenValue(given, name);
      if (value === undefined) return undefined;
      const isNone = typeof value === "object" || (typeof value === "string" && value.trim() === "");
      const number = isNone ? Number.NaN : Number(value);
      if (Number.isFinite(number)) return number;
      fault("float_parsing", name, "Input should be a valid number, unable to parse string as a number", value);
      return undefined;
    },
    check() {
      if (faults.length > 0) throw new InvalidParameters(faults);
    },
  };
}

/** Undefined also for null, which every optional parameter of HMA's may be. */
function givenValue(given: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(given, name) ? (given[name] ?? undefined) : undefined;
}
