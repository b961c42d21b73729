/** What can be told of a regular expression without running it. */
export interface RegexOutline {
  /** About how many instructions it compiles to; never much less. */
  readonly size: number;
  /**
   * Texts in lower-case ASCII of which every text that matches holds at least one, in either case; null where none can be
   * told.
   */
  readonly needles: readonly string[] | null;
}

/** More alternatives than these lead to no needles. */
const MOST_NEEDLES = 30;
const NOTHING: RegexOutline = { size: 1, needles: null };

/** A place in an expression that is read from left to right. */
interface Cursor {
  readonly source: string;
  at: number;
  /** Whether a repetition follows flags: then it is what stands before them that is repeated. */
  isOdd: boolean;
}

/**
 * Outlines an expression in the syntax of RE2. It need not be valid; of one that isn't, the outline says nothing.
 * Knows literals, groups, alternatives and repetitions, and takes everything else for one step that matches anything.
 */
export function outlineRegex(source: string): RegexOutline {
  const cursor = { source, at: 0, isOdd: false };
  const outline = readAlternatives(cursor);
  return cursor.isOdd ? { size: outline.size, needles: null } : outline;
}

function readAlternatives(cursor: Cursor): RegexOutline {
  const branches = [readSequence(cursor)];
  while (cursor.source.charAt(cursor.at) === "|") {
    cursor.at += 1;
    branches.push(readSequence(cursor));
  }
  const size = branches.reduce((sum, branch) => sum + branch.size + 1, -1);
  const needles = branches.flatMap((branch) => branch.needles ?? []);
  const isTold = branches.every((branch) => branch.needles !== null) && needles.length <= MOST_NEEDLES;
  return { size, needles: isTold ? [...new Set(needles)] : null };
}

function readSequence(cursor: Cursor): RegexOutline {
  let size = 0;
  let best: readonly string[] | null = null;
  let run = "";
  const offer = (needles: readonly string[] | null) => {
    if (needles !== null && shortest(needles) > shortest(best)) best = needles;
  };
  const endRun = () => {
    if (run !== "") offer([run]);
    run = "";
  };
  while (cursor.at < cursor.source.length && !"|)".includes(cursor.source.charAt(cursor.at))) {
    const literal = readLiteral(cursor);
    const item = literal === null ? readOther(cursor) : { size: 1, needles: null };
    const { least, most } = readRepetition(cursor);
    size += item.size * Math.max(1, most) + (least === most ? 0 : 1);
    if (literal !== null && least > 0) run += literal;
    if (literal === null || least !== 1 || most !== 1) endRun();
    if (literal === null && least > 0) offer(item.needles);
  }
  endRun();
  return { size, needles: best };
}

function shortest(needles: readonly string[] | null): number {
  return needles === null ? 0 : Math.min(...needles.map(({ length }) => length));
}

/** A character of ASCII that stands for itself, in lower case; null where something else comes. */
function readLiteral(cursor: Cursor): string | null {
  const [, plain, escaped] =
    /^(?:([^\\[(.^$*+?{]|\{(?!\d))|\\([!-/:-@[-`{-~]))/.exec(cursor.source.slice(cursor.at, cursor.at + 2)) ?? [];
  const character = plain ?? escaped;
  if (character === undefined || character > "\x7e" || character < " ") return null;
  cursor.at += plain === undefined ? 2 : 1;
  return character.toLowerCase();
}

/** A group, or whatever else matches one character or none. */
function readOther(cursor: Cursor): RegexOutline {
  const { source } = cursor;
  if (source.charAt(cursor.at) === "(") return readGroup(cursor);
  const rest = source.slice(cursor.at);
  const [one = ""] =
    /^\\Q[\s\S]*?(?:\\E|$)/.exec(rest) ??
    /^\\(?:[pP](?:\{[^}]*\}?|[\s\S])|x(?:\{[^}]*\}?|[\dA-Fa-f]{0,2})|[0-7]{1,3}|[\s\S])/.exec(rest) ??
    /^\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]])*\]?/.exec(rest) ??
    [];
  const length = Math.max(1, one.length);
  cursor.at += length;
  return one.startsWith("\\Q") ? { size: length, needles: null } : NOTHING;
}

function readGroup(cursor: Cursor): RegexOutline {
  if (/^\(\?[\w-]*\)[*+?{]/.test(cursor.source.slice(cursor.at))) cursor.isOdd = true;
  const [head = "("] = /^\((?:\?(?:P?<\w*>|[\w-]*:?))?/.exec(cursor.source.slice(cursor.at)) ?? [];
  cursor.at += head.length;
  const inner = readAlternatives(cursor);
  if (cursor.source.charAt(cursor.at) === ")") cursor.at += 1;
  return { size: inner.size + 2, needles: inner.needles };
}

/** `*`, `+`, `?` and `{2,3}` with what says that they are lazy; once where there is none. */
function readRepetition(cursor: Cursor): { least: number; most: number } {
  const [all, mark, from = "", comma, to] =
    /^(?:([*+?])|\{(\d{1,9})(,?)(\d{0,9})\})\??/.exec(cursor.source.slice(cursor.at)) ?? [];
  if (all === undefined) return { least: 1, most: 1 };
  cursor.at += all.length;
  if (mark !== undefined) return { least: mark === "+" ? 1 : 0, most: mark === "?" ? 1 : 2 };
  const least = Number(from);
  return { least, most: comma === "" ? least : to === "" ? least + 1 : Number(to) };
}
