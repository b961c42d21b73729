import { migrateDatabase } from "../src/db/migrate.ts";
import { quietLogger } from "../test/support/database.ts";
import { execute, layOutOverServers } from "../test/support/foreign-layout.ts";
import { type LoopbackServer, type ServerPrograms, startLoopbackServer } from "../test/support/loopback-server.ts";

export interface Sizes {
  /** Rows of image_pdq. */
  readonly images: number;
  /** Rows of entry and entry_pdq. */
  readonly entries: number;
  /** Servers to spread the same rows over. */
  readonly parts: number;
}

/** The databases' URLs. */
export interface FilledServers {
  readonly single: string;
  readonly coordinator: string;
  readonly parts: readonly string[];
}

const DATABASE = "lookalike";
const SETTINGS = { shared_buffers: "1GB", maintenance_work_mem: "256MB", max_wal_size: "8GB", autovacuum: "off" };

/** The hash of row i: uniform bits, which anybody can compute again. */
const BITS = "('x' || md5(i || 'a') || md5(i || 'b'))::bit(256)";

/**
 * Starts a server that holds all rows, and a coordinator with its parts that hold the same, and adds each to `servers` as
 * soon as it runs.
 */
export async function startFilledServers(
  programs: ServerPrograms,
  servers: LoopbackServer[],
  sizes: Sizes,
  say: (line: string) => void,
): Promise<FilledServers> {
  async function start(): Promise<LoopbackServer> {
    const server = await startLoopbackServer(programs, SETTINGS);
    servers.push(server);
    return server;
  }
  const single = await start();
  const coordinator = await start();
  const parts: LoopbackServer[] = [];
  for (let i = 0; i < sizes.parts; i++) parts.push(await start());
  await execute(single.url(), `create database ${DATABASE}`);
  await migrateDatabase({ connectionString: single.url(DATABASE) }, { logger: quietLogger });
  await layOutOverServers(coordinator, parts);
  for (const { url } of [single, coordinator]) {
    await fillEntries(url(DATABASE), sizes);
    await fillImages(url(DATABASE), sizes, "true");
  }
  await fill(single.url(DATABASE), sizes, "true");
  say("one server is filled");
  for (const [remainder, { url }] of parts.entries()) {
    // Partitions of equal types and moduli take the same rows, whatever the table.
    await execute(url(DATABASE), "create table route (id bigint) partition by hash (id)");
    const taken = `satisfies_hash_partition('route'::regclass, ${sizes.parts}, ${remainder}, i)`;
    await fill(url(DATABASE), sizes, taken);
    await fillImages(url(DATABASE), sizes, taken);
    say(`part ${remainder} is filled`);
  }
  return {
    single: single.url(DATABASE),
    coordinator: coordinator.url(DATABASE),
    parts: parts.map(({ url }) => url(DATABASE)),
  };
}

async function fillEntries(url: string, { entries }: Sizes): Promise<void> {
  await execute(
    url,
    `insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('bench', 'disallow', 'block', 31, 0);
     insert into entry (list_id, identity, source, detail, created_by)
       select 1, int8send(i), 'hashes', 'sufficient', 'bench' from generate_series(1, ${entries}) as i;
     analyze entry`,
  );
}

/** As much of each image as a search reads, on any server: a part that is asked alone has to have them, too. */
async function fillImages(url: string, { images }: Sizes, condition: string): Promise<void> {
  await execute(
    url,
    `drop table if exists image cascade;
     create table image (id bigint primary key, fingerprint_version smallint, model text, scores json, scores_from bigint);
     insert into image (id, fingerprint_version) select i, 2 from generate_series(1, ${images}::int8) as i where ${condition}`,
  );
  await execute(url, "vacuum analyze image");
}

/** Rows first, indexes then; changes are not recorded. */
async function fill(url: string, { images, entries }: Sizes, condition: string): Promise<void> {
  const { rows: defined } = await execute(
    url,
    `select format('drop index %s', indexrelid::regclass) as away, pg_get_indexdef(indexrelid) as back
     from pg_index where indrelid = any ('{image_pdq,entry_pdq}'::regclass[]) and not indisunique`,
  );
  await execute(url, "alter table image_pdq disable trigger user; alter table entry_pdq disable trigger user");
  for (const { away } of defined) await execute(url, away);
  for (const [table, count] of [
    ["image_pdq", images],
    ["entry_pdq", entries],
  ]) {
    await execute(
      url,
      `insert into ${table} select i, ${BITS} from generate_series(1, ${count}::int8) as i where ${condition}`,
    );
  }
  for (const { back } of defined) await execute(url, back);
  await execute(url, "alter table entry_pdq enable trigger user");
  await execute(url, "vacuum image_pdq, entry_pdq");
}
