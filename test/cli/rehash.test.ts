import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { runLookalike } from "../support/run-lookalike.ts";
import { startService, type TestService } from "../support/service.ts";
import { startServiceProcess } from "../support/service-process.ts";

const ADMIN_KEY = "admin-key-for-the-tests-only";

let service: TestService;
let settings: Record<string, string>;
before(async () => {
  service = await startService();
  settings = { DATABASE_URL: service.databaseUrl };
});
after(() => service.close());

/** A list with an entry for each seed, all of a version that is not compared any more. */
async function staleList(name: string, seeds: readonly number[]): Promise<string[]> {
  await ask(service, "POST", "/v1/lists", { body: { name } });
  const ids: string[] = [];
  for (const seed of seeds) {
    const added = await ask(service, "POST", `/v1/lists/${name}/entries?custom_id=case-${seed}`, {
      body: await detailedPicture(seed),
    });
    ids.push(added.body.id);
  }
  await service.context.db.pool.query(
    "update entry set fingerprint_version = 0 where list_id = (select id from list where name = $1)",
    [name],
  );
  return ids;
}

describe("lookalike rehash", () => {
  it("prints what is left as JSON and exits with 2, and with 0 once nothing is left", async (t) => {
    const [first, second] = await staleList("folder", [4201, 4202]);
    assert.ok(first && second);
    const folder = await makeDataFolder(t);
    await writeFile(join(folder, "one.png"), await detailedPicture(4201));
    const args = ["rehash", "--list", "folder", "--pictures", folder];
    const partly = await runLookalike([...args, "--json"], settings);
    assert.equal(partly.exitCode, 2, partly.stderr);
    const report = JSON.parse(partly.stdout);
    assert.deepEqual(report.upgraded, { folder: 1, url: 0, image: 0 });
    assert.deepEqual([report.dry_run, report.fingerprint_version], [false, FINGERPRINT_VERSION]);
    assert.deepEqual(
      report.left.map((left: Record<string, unknown>) => [left["entry_id"], left["compared"], left["reason"]]),
      [[second, false, "no_source"]],
    );
    await writeFile(join(folder, "two.png"), await detailedPicture(4202));
    const rest = await runLookalike(args, settings);
    assert.deepEqual([rest.exitCode, rest.stderr], [0, ""]);
    assert.match(rest.stdout, /^Upgraded: 1 \(1 from files, 0 from URLs, 0 from images checked since\)\. Left: 0\.\n$/);
  });

  it("lists for people what is left, and changes nothing in a dry run", async () => {
    const [id] = await staleList("left", [4211]);
    for (const args of [["--dry-run"], []]) {
      const { exitCode, stdout } = await runLookalike(["rehash", "--list", "left", ...args], settings);
      assert.equal(exitCode, 2);
      assert.match(stdout, args.length > 0 ? /^Would be upgraded: 0 / : /^Upgraded: 0 /);
      const [head, row] = stdout.split("\n").slice(2);
      assert.match(head ?? "", /^ENTRY +LIST +CUSTOM ID +SHA-256 +MATCHES +WHY$/);
      assert.match(row ?? "", new RegExp(`^${id} +left +\\S+ +[0-9a-f]{64} +exactly +no_source: `));
    }
  });

  it("exits with 1 and one line where a list, folder or option can't be used", async () => {
    const cases = [
      [["rehash", "--list", "nowhere"], settings, /^Expected the name of an existing list but received nowhere\n$/],
      [["rehash", "--pictures", "/nowhere"], settings, /^Expected a folder that can be read for --pictures: .*\n/],
      [["rehash"], { DATA_DIR: "/nowhere" }, /^Expected the data of a service in \/nowhere but there are none: .*\n$/],
      [["rehash"], { ...settings, WORKERS: "many" }, /WORKERS/],
      [["rehash", "--force"], settings, /^Unknown option '--force'/],
      [["hash"], settings, /^Expected a command, rehash, audit, migrate or help, but received hash\n/],
    ] as const;
    for (const [args, given, expected] of cases) {
      const { exitCode, stdout, stderr } = await runLookalike(args, given);
      assert.deepEqual([exitCode, stdout], [1, ""]);
      assert.match(stderr, expected);
    }
    const help = await runLookalike(["help"], {});
    assert.deepEqual([help.exitCode, help.stderr], [0, ""]);
    assert.match(help.stdout, /rehash \[--pictures DIR\]/);
  });

  it("joins the embedded engine of a running service, leaves its admin key alone, and starts the engine where none runs", async (t) => {
    const dataDir = await makeDataFolder(t);
    const running = await startServiceProcess({ DATA_DIR: dataDir, ADMIN_KEY });
    t.after(() => running.child.kill());
    const post = (path: string, body: Buffer | string, type: string) =>
      fetch(running.url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": type },
        body,
      });
    assert.equal((await post("/v1/lists", JSON.stringify({ name: "banned" }), "application/json")).status, 201);
    const picture = await detailedPicture(4221);
    assert.equal((await post("/v1/lists/banned/entries", picture, "application/octet-stream")).status, 201);
    const joined = await runLookalike(["rehash"], { DATA_DIR: dataDir, ADMIN_KEY: `${ADMIN_KEY}-of-another-shell` });
    assert.deepEqual([joined.exitCode, joined.stderr], [0, ""]);
    assert.equal((await post("/v1/lists", JSON.stringify({ name: "more" }), "application/json")).status, 201);
    running.child.kill("SIGTERM");
    assert.equal(await running.exited, 0);
    const alone = await runLookalike(["rehash", "--list", "banned"], { DATA_DIR: dataDir });
    assert.equal(alone.exitCode, 0, alone.stderr);
    assert.match(alone.stdout, /^Upgraded: 0 /);
  });
});
