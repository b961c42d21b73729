import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { neuralBits } from "../../src/fingerprint/neural.ts";
import type { RequestContext } from "../../src/services/context.ts";
import { type PictureFolder, readPictureFolder } from "../../src/services/picture-folder.ts";
import { type RehashReport, rehashEntries } from "../../src/services/rehash-entries.ts";
import { createStaleEntryWatch } from "../../src/services/watch-stale-entries.ts";
import type { HeldImage, WorkerPool } from "../../src/worker/pool.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { httpAnswer, startImageOrigin } from "../support/image-origin.ts";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

/** Of no build: nothing is comparable with it. */
const INCOMPARABLE = 0;
/** A version that is still compared. */
const COMPARABLE = 1;

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

let lists = 0;
/** A list of the test's own. */
async function newList(): Promise<string> {
  const name = `rehash-${++lists}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name } })).status, 201);
  return name;
}

async function ban(list: string, body: Buffer | object): Promise<string> {
  const added = await ask(service, "POST", `/v1/lists/${list}/entries`, { body });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  return added.body.id;
}

async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await service.context.db.pool.query(text, values)).rows;
}

/** Makes the entries of a list look as if another build had hashed them: its hashes are all ones. */
async function makeStale(list: string, version: number): Promise<void> {
  const ids = "select entry.id from entry join list on list.id = entry.list_id where list.name = $1";
  await query(
    `update entry set fingerprint_version = $2, pdq = decode(repeat('ff', 32), 'hex'), trimmed_pdq = null, detail_cause = null
      where id in (${ids}) and source <> 'hashes'`,
    [list, version],
  );
  if (version === INCOMPARABLE) await query(`update entry_pdq set bits = ~bits where entry_id in (${ids})`, [list]);
}

/** Everything stored of a list's entries, and what they are searched by. */
async function stored(list: string): Promise<unknown[]> {
  return await query(
    `select entry.*, null as updated_at,
        (select array_agg(row(variant, bits)::text order by variant) from entry_pdq where entry_id = entry.id) as pdq_bits,
        (select array_agg(row(variant, bits)::text order by variant) from entry_blockhash where entry_id = entry.id)
          as blockhash_bits,
        (select array_agg(row(variant, bits)::text) from entry_neural where entry_id = entry.id) as neural_bits
      from entry join list on list.id = entry.list_id where list.name = $1 order by entry.id`,
    [list],
  );
}

async function audits(entryId: string): Promise<Record<string, unknown>[]> {
  const rows = await query("select actor, details from audit where subject = $1 and action = 'entry.rehash'", [
    entryId,
  ]);
  return rows.map(({ actor, details }) => ({ actor, ...(details as object) }));
}

function rehash(
  listName: string,
  options: { readonly pictures?: PictureFolder; readonly dryRun?: boolean; readonly workers?: WorkerPool } = {},
): Promise<RehashReport> {
  const { pictures = null, dryRun = false, workers = service.context.workers } = options;
  const context = { ...service.context, workers };
  return rehashEntries(context, { listName, pictures, dryRun, onProgress() {} });
}

/** A folder with these files, read. */
async function folderOf(t: TestContext, ...files: readonly Buffer[]): Promise<PictureFolder> {
  const folder = await makeDataFolder(t);
  await mkdir(join(folder, "deeper"));
  for (const [place, bytes] of files.entries()) await writeFile(join(folder, "deeper", `${place}.bin`), bytes);
  return await readPictureFolder(folder, () => {});
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** 256 bytes. */
function vectorBy(version: string, bytes: Uint8Array): Buffer {
  return createHash("shake256", { outputLength: 256 }).update(version).update(bytes).digest();
}

/** The real workers, with a model that hashes: by the digest of what it is told. */
function hashingWorkers(neuralVersion: string): WorkerPool {
  const { workers } = service.context;
  return {
    ...workers,
    model: { ...workers.model, neuralVersion },
    async fingerprint(bytes, options) {
      const held: HeldImage = await workers.fingerprint(bytes, options);
      const neural = vectorBy(neuralVersion, bytes).toString("hex");
      return { ...held, classify: async () => ({ ...(await held.classify()), neural }) };
    },
  };
}

describe("rehash", () => {
  it("upgrades an entry from a file with the same bytes, to what a new entry of it would hold", async (t) => {
    const picture = await detailedPicture(4001);
    const list = await newList();
    const id = await ban(list, picture);
    const fresh = await stored(list);
    await makeStale(list, INCOMPARABLE);
    const pictures = await folderOf(t, Buffer.from("no picture"), picture);
    const report = await rehash(list, { pictures });
    assert.deepEqual([report.upgraded, report.left], [{ folder: 1, url: 0, image: 0 }, []]);
    assert.deepEqual(await stored(list), fresh);
    assert.deepEqual(await audits(id), [
      {
        actor: "system",
        list,
        sha256: sha256(picture),
        origin: "folder",
        fingerprint_version: [INCOMPARABLE, report.versions.current],
        neural_version: [report.versions.neuralVersion, report.versions.neuralVersion],
      },
    ]);
  });

  it("upgrades an entry from the URL it was added by, only where the same bytes are still there", async () => {
    const [kept, replaced, gone] = await Promise.all([4011, 4012, 4013].map((seed) => detailedPicture(seed)));
    assert.ok(kept && replaced && gone);
    const served = new Map([
      ["/kept", kept],
      ["/replaced", replaced],
      ["/gone", gone],
    ]);
    const origin = await startImageOrigin((path, socket) => {
      const body = served.get(path);
      socket.end(body === undefined ? httpAnswer(404, []) : httpAnswer(200, [], body));
    });
    try {
      const list = await newList();
      const ids: string[] = [];
      for (const path of served.keys()) {
        ids.push(await ban(list, { url: `http://127.0.0.1:${origin.port}${path}`, custom_id: path }));
      }
      await makeStale(list, COMPARABLE);
      served.set("/replaced", kept);
      served.delete("/gone");
      const report = await rehash(list);
      assert.deepEqual(report.upgraded, { folder: 0, url: 1, image: 0 });
      assert.deepEqual(
        report.left.map(({ entryId, list, sha256, customId, compared, reason }) => [
          ...[entryId, list, sha256, customId, compared, reason],
        ]),
        [
          [ids[1], list, sha256(replaced), "/replaced", true, "picture_changed"],
          [ids[2], list, sha256(gone), "/gone", true, "source_gone"],
        ],
      );
      assert.match(report.left[1]?.detail ?? "", /404|URL/);
    } finally {
      await origin.close();
    }
  });

  it("upgrades an entry without its bytes from an image that was checked since, as from the bytes", async () => {
    const [detailed, flat] = [await detailedPicture(4021), await flatPicture()];
    const list = await newList();
    await ban(list, detailed);
    await ban(list, flat);
    const fresh = await stored(list);
    await makeStale(list, INCOMPARABLE);
    for (const picture of [detailed, flat]) assert.equal((await check(service, picture)).status, 200);
    const report = await rehash(list);
    assert.deepEqual([report.upgraded, report.left], [{ folder: 0, url: 0, image: 2 }, []]);
    assert.deepEqual(await stored(list), fresh);
  });

  it("leaves an entry whose image was checked by another version, and says that nothing is at hand", async () => {
    const picture = await detailedPicture(4031);
    const list = await newList();
    const id = await ban(list, picture);
    await makeStale(list, INCOMPARABLE);
    await check(service, picture);
    await query("update image set fingerprint_version = 1 where sha256 = $1", [Buffer.from(sha256(picture), "hex")]);
    const before = await stored(list);
    const report = await rehash(list);
    assert.deepEqual(
      report.left.map(({ entryId, compared, reason }) => [entryId, compared, reason]),
      [[id, false, "no_source"]],
    );
    assert.deepEqual(await stored(list), before);
    assert.deepEqual(await audits(id), []);
  });

  it("does not count entries given as hashes, nor those of this version, nor those of a deleted list", async () => {
    const list = await newList();
    await ban(list, { hashes: { sha256: sha256(Buffer.from("4041")) } });
    await ban(list, await detailedPicture(4041));
    const deleted = await newList();
    await ban(deleted, await detailedPicture(4042));
    await makeStale(deleted, INCOMPARABLE);
    await ask(service, "DELETE", `/v1/lists/${deleted}`);
    for (const name of [list, deleted]) {
      const report = await rehash(name);
      assert.deepEqual([report.upgraded, report.left], [{ folder: 0, url: 0, image: 0 }, []]);
    }
  });

  it("goes on where it stopped: what was upgraded is not touched again", async (t) => {
    const [first, second] = [await detailedPicture(4051), await detailedPicture(4052)];
    const list = await newList();
    const ids = [await ban(list, first), await ban(list, second)];
    await makeStale(list, COMPARABLE);
    assert.equal((await rehash(list, { pictures: await folderOf(t, first) })).left.length, 1);
    const pictures = await folderOf(t, first, second);
    const report = await rehash(list, { pictures });
    assert.deepEqual([report.upgraded, report.left], [{ folder: 1, url: 0, image: 0 }, []]);
    assert.deepEqual((await rehash(list, { pictures })).upgraded, { folder: 0, url: 0, image: 0 });
    for (const id of ids) assert.equal((await audits(id)).length, 1);
  });

  it("changes nothing in a dry run, and reports as the real one", async (t) => {
    const picture = await detailedPicture(4061);
    const list = await newList();
    const id = await ban(list, picture);
    await ban(list, await detailedPicture(4062));
    await makeStale(list, INCOMPARABLE);
    const before = await stored(list);
    const pictures = await folderOf(t, picture);
    const dry = await rehash(list, { pictures, dryRun: true });
    assert.deepEqual(await stored(list), before);
    assert.deepEqual(await audits(id), []);
    assert.deepEqual(dry, await rehash(list, { pictures }));
  });

  it("makes an entry of an incomparable version match copies again; until then it matches exact ones only", async (t) => {
    const picture = await detailedPicture(4071);
    const copies = [await shrunkCopy(picture, 0.5), await shrunkCopy(picture, 0.6)];
    const list = await newList();
    const id = await ban(list, picture);
    await query("update entry set fingerprint_version = $2 where id = (select max(id) from entry where sha256 = $1)", [
      Buffer.from(sha256(picture), "hex"),
      INCOMPARABLE,
    ]);
    const matches = async (bytes: Buffer) =>
      (await check(service, bytes, { query: `?lists=${list}` })).body.matches.map(
        (match: { entry_id: string; hash: string }) => [match.entry_id, match.hash],
      );
    for (const copy of copies) assert.deepEqual(await matches(copy), []);
    assert.deepEqual(await matches(picture), [[id, "sha256"]]);
    await rehash(list, { pictures: await folderOf(t, picture) });
    for (const copy of copies) {
      const [match] = await matches(copy);
      assert.equal(match?.[0], id);
      assert.notEqual(match?.[1], "sha256");
    }
  });

  it("gives entries the neural hash of the model in use, and drops that of another", async (t) => {
    const picture = await detailedPicture(4081);
    const flat = await flatPicture("#4081aa");
    const list = await newList();
    await ban(list, picture);
    await ban(list, flat);
    const pictures = await folderOf(t, picture, flat);
    for (const version of ["one@1", "two@1"]) {
      const report = await rehash(list, { pictures, workers: hashingWorkers(version) });
      assert.deepEqual([report.upgraded, report.left], [{ folder: 1, url: 0, image: 0 }, []]);
      const [entry] = (await stored(list)) as { neural: Buffer; neural_version: string; neural_bits: string[] }[];
      assert.deepEqual([entry?.neural_version, entry?.neural], [version, vectorBy(version, picture)]);
      const bits = BigInt(`0x${neuralBits(vectorBy(version, picture).toString("hex"))}`);
      assert.deepEqual(entry?.neural_bits, [`(0,${bits.toString(2).padStart(256, "0")})`]);
    }
  });

  it("renews what a checked image tells and keeps the rest listed, where only the neural hash needs the picture", async (t) => {
    const picture = await detailedPicture(4091);
    const list = await newList();
    await ban(list, picture);
    const pictures = await folderOf(t, picture);
    await rehash(list, { pictures, workers: hashingWorkers("one@1") });
    const fresh = await stored(list);
    await makeStale(list, INCOMPARABLE);
    await check(service, picture);
    const report = await rehash(list, { workers: hashingWorkers("two@1") });
    assert.deepEqual(report.upgraded, { folder: 0, url: 0, image: 1 });
    assert.deepEqual(
      report.left.map(({ reason, compared, detail }) => [reason, compared, detail.startsWith("only the neural hash")]),
      [["no_source", true, true]],
    );
    assert.deepEqual(await stored(list), fresh);
    assert.deepEqual((await rehash(list, { workers: hashingWorkers("two@1") })).upgraded, {
      folder: 0,
      url: 0,
      image: 0,
    });
  });
});

describe("a folder of pictures", () => {
  it("is read with its folders and linked files; links to folders and dead ones are left out", async (t) => {
    const folder = await makeDataFolder(t);
    const elsewhere = await makeDataFolder(t);
    await writeFile(join(elsewhere, "linked"), "linked");
    await writeFile(join(folder, "empty"), "");
    await symlink(join(elsewhere, "linked"), join(folder, "link"));
    await symlink(folder, join(folder, "round"));
    await symlink(join(folder, "nowhere"), join(folder, "dead"));
    const read = await readPictureFolder(folder, () => {});
    assert.equal(read.files, 1);
    assert.equal((await read.read(sha256(Buffer.from("linked"))))?.toString(), "linked");
    assert.equal(await read.read(sha256(Buffer.from("other"))), null);
  });

  it("does not pass off a file that was changed after it was read", async (t) => {
    const picture = await detailedPicture(4101);
    const list = await newList();
    await ban(list, picture);
    await makeStale(list, COMPARABLE);
    const folder = await makeDataFolder(t);
    await writeFile(join(folder, "picture"), picture);
    const pictures = await readPictureFolder(folder, () => {});
    await writeFile(join(folder, "picture"), await detailedPicture(4102));
    assert.deepEqual(
      (await rehash(list, { pictures })).left.map(({ reason }) => reason),
      ["no_source"],
    );
  });
});

describe("stale entries", () => {
  it("are counted in the metrics and told of in the log once, with what to do", async () => {
    const own = await startService();
    try {
      const warnings: unknown[][] = [];
      const context = {
        ...own.context,
        logger: { ...own.context.logger, warn: (...told: unknown[]) => warnings.push(told) },
      } as unknown as RequestContext;
      await ask(own, "POST", "/v1/lists", { body: { name: "banned" } });
      for (const seed of [4111, 4112, 4113]) {
        await ask(own, "POST", "/v1/lists/banned/entries", { body: await detailedPicture(seed) });
      }
      const watch = createStaleEntryWatch();
      await own.context.db.pool.query(
        "update entry set fingerprint_version = case when id = 1 then 0 else 1 end where id < 3",
      );
      await watch.look(context);
      await watch.look(context);
      assert.deepEqual(
        warnings.map(([facts]) => facts),
        [{ staleEntries: 2, noLongerCompared: 1 }],
      );
      assert.match(String(warnings[0]?.[1]), /lookalike rehash/);
      const metrics = await (await own.request("/metrics")).text();
      assert.match(metrics, /^lookalike_stale_entries\{compared="true"\} 1$/m);
      assert.match(metrics, /^lookalike_stale_entries\{compared="false"\} 1$/m);
    } finally {
      await own.close();
    }
  });
});
