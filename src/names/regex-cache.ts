import { compileRegex, type Regex } from "./regex.ts";

/** Compiled expressions by their source, the least recently used forgotten first. */
export interface RegexCache {
  /** @throws PatternError */
  get(source: string): Regex;
}

/**
 * A compiled expression takes some hundred times the memory of its source, so a process keeps only so many, whatever its lists
 * hold; others are compiled each time.
 * @param mostInstructions of all that are kept, together
 */
export function createRegexCache(mostInstructions: number): RegexCache {
  const kept = new Map<string, Regex>();
  let instructions = 0;
  return {
    get(source) {
      const known = kept.get(source);
      if (known !== undefined) {
        kept.delete(source);
        kept.set(source, known);
        return known;
      }
      const regex = compileRegex(source);
      kept.set(source, regex);
      instructions += regex.size;
      for (const [oldest, { size }] of kept) {
        if (instructions <= mostInstructions) break;
        kept.delete(oldest);
        instructions -= size;
      }
      return regex;
    },
  };
}
