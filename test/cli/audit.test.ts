import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fillAudit } from "../support/audit.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from "../support/database.ts";
import { runLookalike } from "../support/run-lookalike.ts";

let made: TestDatabase;
let settings: Record<string, string>;
before(async () => {
  made = await createTestDatabase();
  await fillAudit(made.database, 20);
  settings = { DATABASE_URL: made.url };
});
after(() => made?.drop());

describe("lookalike audit", () => {
  it("calls a chain whole that is, prints where it ends, and exits with 0", async () => {
    const verified = await runLookalike(["audit", "verify"], settings);
    assert.equal(verified.exitCode, 0, verified.stderr);
    // Of what takes longer than a second progress is told.
    assert.match(verified.stderr, /^(\d+ of \d+ rows\n)*$/);
    assert.match(verified.stdout, /^Whole: 20 rows, the last with the hash [0-9a-f]{64}, compared with no anchor\n$/);
    const anchored = await runLookalike(["audit", "anchor"], settings);
    assert.deepEqual([anchored.exitCode, anchored.stderr], [0, ""]);
    const { seq, hash, at } = JSON.parse(anchored.stdout);
    assert.equal(seq, 20);
    assert.ok(verified.stdout.includes(hash));
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
  });

  it("compares with anchors that were kept elsewhere, and exits with 1 where the tail was cut off since", async (t) => {
    const file = join(await makeDataFolder(t), "anchors");
    const first = await runLookalike(["audit", "anchor"], settings);
    await fillAudit(made.database, 3);
    const second = await runLookalike(["audit", "anchor"], settings);
    await writeFile(file, `${first.stdout}\n${second.stdout}`);
    const whole = await runLookalike(["audit", "verify", "--anchor", file], settings);
    assert.equal(whole.exitCode, 0, whole.stderr);
    assert.match(whole.stdout, /^Whole: 23 rows, .*, compared with 2 anchor\(s\)\n$/);
    await made.database.pool.query(`begin;
      alter table audit disable trigger user; alter table audit_head disable trigger user;
      delete from audit where seq > 21;
      update audit_head set (seq, hash) = (select seq, hash from audit where seq = 21);
      alter table audit enable trigger user; alter table audit_head enable trigger user; commit`);
    assert.equal((await runLookalike(["audit", "verify"], settings)).exitCode, 0);
    const cut = await runLookalike(["audit", "verify", "--anchor", file], settings);
    assert.equal(cut.exitCode, 1, cut.stderr);
    assert.equal(cut.stdout, "Broken at row 22: anchor_missing: the rows end here, but there is an anchor of row 23\n");
  });

  it("exits with 2 where it can't find out: wrong use, no database, no audit log in it", async (t) => {
    const file = join(await makeDataFolder(t), "anchors");
    await writeFile(file, '{"seq":1}\n');
    const empty = join(await makeDataFolder(t), "anchors");
    await writeFile(empty, "\n");
    const bare = await createEmptyDatabase();
    t.after(bare.drop);
    const cases: [string[], Record<string, string>, RegExp][] = [
      [["audit"], settings, /^Expected verify or anchor for audit but received nothing\n\naudit verify/],
      [["audit", "check"], settings, /^Expected verify or anchor for audit but received check\n/],
      [["audit", "verify", "--force"], settings, /^Unknown option '--force'/],
      [["audit", "verify", "--anchor", "/nowhere"], settings, /^Expected a file that can be read for --anchor: /],
      [
        ["audit", "verify", "--anchor", file],
        settings,
        /^Expected an anchor, .*, for line 1 of --anchor but received /,
      ],
      [["audit", "verify", "--anchor", empty], settings, /^Expected at least one anchor in /],
      [
        ["audit", "anchor"],
        { DATA_DIR: "/nowhere" },
        /^Expected the data of a service in \/nowhere but there are none: /,
      ],
      [
        ["audit", "verify"],
        { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" },
        /^Expected .* but received: .*ECONNREFUSED/,
      ],
      [
        ["audit", "verify"],
        { DATABASE_URL: bare.url },
        /^Expected an audit log that can be read but received: relation /,
      ],
      [["audit", "anchor"], { ...settings, PORT: "many" }, /PORT/],
    ];
    for (const [args, given, message] of cases) {
      const { exitCode, stdout, stderr } = await runLookalike(args, given);
      assert.deepEqual([exitCode, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
    }
  });
});
