import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceProcess } from "../../support/service-process.ts";
import { createCanary } from "./canary.ts";
import type { HostileFile } from "./hostile-file.ts";
import { createSender, type Outcome, type Way } from "./send-file.ts";
import { openDescriptors, watchProcess } from "./watch-process.ts";

const SETTLE_MS = 60_000;
const LOOK_MS = 50;

export interface CampaignOptions {
  readonly service: ServiceProcess;
  readonly adminKey: string;
  /** The service's folder for temporary files. */
  readonly temporaryFolder: string;
  readonly files: AsyncIterable<HostileFile> | Iterable<HostileFile>;
  /** The ways that file number n is sent. */
  waysOf(number: number, file: HostileFile): readonly Way[];
  /** Files on their way at one time. */
  readonly atOnce: number;
  /** Files after which the canary is checked. */
  readonly canaryEvery: number;
  onProgress?(sent: number, violations: number): void;
}

export interface SlowAnswer {
  readonly ms: number;
  readonly what: string;
}

export interface CampaignResult {
  readonly files: number;
  readonly sent: number;
  /** Collection -> outcome -> answers. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly violations: readonly string[];
  /** The slowest answers, slowest first. */
  readonly slowest: readonly SlowAnswer[];
  readonly songs: number;
  /** Worker processes that were replaced, by reason. */
  readonly restarts: Readonly<Record<string, number>>;
  readonly workerPeakMib: number;
  readonly servicePeakMib: number;
  /** Open descriptors of the service before and after; null where the system has no /proc. */
  readonly descriptors: readonly [number | null, number | null];
}

/** Sends every file, a few at a time, with a canary in between, and looks at what the service is like before and after. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { service, adminKey } = options;
  const pid = service.child.pid ?? 0;
  const outcomes = new Map<string, Map<string, number>>();
  const violations: string[] = [];
  let slowest: SlowAnswer[] = [];
  let files = 0;
  let sent = 0;
  let ended: number | string | null = null;
  void service.exited.then((code) => {
    ended = code;
  });

  const warm = await createSender(service.url, adminKey);
  const first = await createCanary(warm);
  for (let count = 0; count < options.atOnce; count++) note(await first.sing());
  await warm.close();
  const before = await settledDescriptors(pid, Number.POSITIVE_INFINITY);

  const watch = watchProcess(pid);
  const sender = await createSender(service.url, adminKey);
  const canary = await createCanary(sender);
  const iterator =
    Symbol.asyncIterator in options.files ? options.files[Symbol.asyncIterator]() : options.files[Symbol.iterator]();

  function note(violation: string | null): void {
    if (violation !== null) violations.push(violation);
  }

  function record({ corpus, name }: HostileFile, way: Way, { outcome, ms, violation }: Outcome): void {
    sent += 1;
    const row = outcomes.get(corpus) ?? new Map<string, number>();
    outcomes.set(corpus, row.set(outcome, (row.get(outcome) ?? 0) + 1));
    const what = `${corpus}: ${name} (${way}): ${outcome}`;
    if (violation !== null) violations.push(`${what}: ${violation}`);
    slowest = [...slowest, { ms, what }].sort((a, b) => b.ms - a.ms).slice(0, 8);
  }

  async function lane(): Promise<void> {
    while (ended === null) {
      const next = await iterator.next();
      if (next.done) return;
      const number = files++;
      for (const way of options.waysOf(number, next.value)) {
        record(next.value, way, await sender.send(next.value, way));
      }
      if (number % options.canaryEvery === 0) note(await canary.sing());
      options.onProgress?.(sent, violations.length);
    }
  }

  note(await canary.sing());
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  if (ended !== null) violations.push(`the service ended with ${ended}`);
  else note(await canary.sing());
  const restarts = ended === null ? await readRestarts(service.url, adminKey) : {};
  await sender.close();
  const after = await settledDescriptors(pid, before ?? 0);
  watch.stop();
  if (before !== null && after !== null && after > before) violations.push(`${after - before} descriptors were leaked`);
  const left = readdirSync(options.temporaryFolder).filter((name) => !name.startsWith("tsx-"));
  for (const name of left) violations.push(`the temporary file ${name} was left`);
  const { workerPeakMib, servicePeakMib } = watch;
  const songs = first.songs + canary.songs;
  const descriptors = [before, after] as const;
  return { files, sent, outcomes, violations, slowest, songs, restarts, workerPeakMib, servicePeakMib, descriptors };
}

/** The count once it is no more than `most` and rests; connections that were idle are closed after a while. */
async function settledDescriptors(pid: number, most: number): Promise<number | null> {
  const giveUpAt = performance.now() + SETTLE_MS;
  let last = openDescriptors(pid);
  for (let same = 0; same < 20 || (last ?? 0) > most; ) {
    if (performance.now() > giveUpAt) break;
    await delay(LOOK_MS);
    const now = openDescriptors(pid);
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

async function readRestarts(url: string, adminKey: string): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${adminKey}`, connection: "close" },
  });
  const text = await response.text();
  const found = text.matchAll(/^lookalike_worker_restarts_total\{reason="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, reason = "", count]) => [reason, Number(count)]));
}
