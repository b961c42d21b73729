import { openHotLoader as openServiceLoader } from "../../src/db/hot-loader.ts";
import type { HotLoader } from "../../src/hot-index/loader.ts";

export interface LoadTimes {
  /** From the first to the last row, without what was built meanwhile. */
  readonly copySeconds: number;
  readonly buildSeconds: number;
}

/** The service's loader, but its position is how long it took. */
export async function openHotLoader(data: unknown): Promise<HotLoader<LoadTimes>> {
  const loader = await openServiceLoader(data);
  return {
    async load(sink, tables) {
      let built = 0;
      const start = performance.now();
      await loader.load(
        {
          ...sink,
          seal(table) {
            const sealing = performance.now();
            sink.seal(table);
            built += performance.now() - sealing;
          },
        },
        tables,
      );
      return { copySeconds: (performance.now() - start - built) / 1000, buildSeconds: built / 1000 };
    },
    catchUp() {
      throw new Error("Nothing changes while the bench searches");
    },
    close: () => loader.close(),
  };
}
