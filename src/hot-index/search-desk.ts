import type { Worker } from "node:worker_threads";
import { emptyFound, type HotFound, mergeFound } from "./found.ts";
import type { SearchAnswer, SearchMessage, ToSearcher } from "./messages.ts";

type Question = Omit<SearchMessage, "kind" | "id" | "part" | "parts">;

/** Hands searches to the searchers and puts their answers together. */
export interface SearchDesk {
  /** @param parts how many searchers are to share the work */
  ask(question: Question, parts: number): Promise<HotFound | null>;
  tellAll(message: ToSearcher): void;
  /** Answers every open search with null. */
  giveUp(): void;
}

interface OpenSearch {
  found: HotFound | null;
  missing: number;
  readonly limit: number;
  answer(found: HotFound | null): void;
}

export function openSearchDesk(searchers: readonly Worker[]): SearchDesk {
  const open = new Map<number, OpenSearch>();
  const busy = searchers.map(() => 0);
  let lastId = 0;

  searchers.forEach((searcher, index) => {
    searcher.on("message", ({ id, found, tooMany }: SearchAnswer) => {
      busy[index] = (busy[index] as number) - 1;
      const search = open.get(id);
      if (search === undefined) return;
      search.missing--;
      if (tooMany) search.found = null;
      else if (search.found !== null && found !== null) search.found = mergeFound(search.found, found);
      if (search.missing > 0) return;
      open.delete(id);
      search.answer(search.found !== null && search.found.owners.length > search.limit ? null : search.found);
    });
  });

  function ask(question: Question, parts: number): Promise<HotFound | null> {
    return new Promise((answer) => {
      const id = ++lastId;
      open.set(id, { found: emptyFound(), missing: parts, limit: question.limit, answer });
      const idlest = busy.map((_, index) => index).sort((a, b) => (busy[a] as number) - (busy[b] as number));
      for (const [part, searcher] of idlest.slice(0, parts).entries()) {
        busy[searcher] = (busy[searcher] as number) + 1;
        searchers[searcher]?.postMessage({ kind: "search", id, ...question, part, parts } satisfies ToSearcher);
      }
    });
  }

  function tellAll(message: ToSearcher): void {
    for (const searcher of searchers) searcher.postMessage(message);
  }

  function giveUp(): void {
    for (const { answer } of open.values()) answer(null);
    open.clear();
  }

  return { ask, tellAll, giveUp };
}
