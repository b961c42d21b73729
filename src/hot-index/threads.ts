import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { KeeperData, SearcherData } from "./messages.ts";

export interface HotThreads {
  readonly keeper: Worker;
  readonly searchers: readonly Worker[];
}

/** Starts the threads, each searcher joined to the keeper. They keep the process running until they are terminated. */
export function startThreads(keeper: Omit<KeeperData, "searchers">, searchers: number): HotThreads {
  const toSearchers: MessagePort[] = [];
  const crew = Array.from({ length: searchers }, (_, searcher) => {
    const { port1, port2 } = new MessageChannel();
    toSearchers.push(port1);
    const data: SearcherData = { kernel: keeper.kernel, searcher, searchers, segments: port2 };
    return startThread("searcher-thread", data, [port2]);
  });
  const data: KeeperData = { ...keeper, searchers: toSearchers };
  return { keeper: startThread("keeper-thread", data, toSearchers), searchers: crew };
}

/** The entry module lies beside this file, compiled where this file is compiled. */
function startThread(name: string, workerData: unknown, transferList: MessagePort[]): Worker {
  const compiled = !import.meta.url.endsWith(".ts");
  return new Worker(new URL(`./${name}.${compiled ? "js" : "ts"}`, import.meta.url), {
    name,
    workerData,
    transferList,
    // The environment goes along: the loader connects by PGPASSWORD, PGSSLMODE and the like. No thread sees a stranger's bytes.
    // What loads TypeScript in this thread doesn't do so in its workers.
    execArgv: compiled ? [] : ["--import", `data:text/javascript,${encodeURIComponent(registerTsx())}`],
  });
}

function registerTsx(): string {
  return `import { register } from ${JSON.stringify(import.meta.resolve("tsx/esm/api"))}; register();`;
}
