import assert from "node:assert/strict";
import test, { describe, type TestContext } from "node:test";
import pg from "pg";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { verifyDatabase } from "../support/audit.ts";
import { connectionUrl, createEmptyDatabase, execute, quietLogger, testServer } from "../support/database.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { runLookalike } from "../support/run-lookalike.ts";
import { startService } from "../support/service.ts";

interface Roles {
  /** As DATABASE_URL takes them. */
  readonly superuser: string;
  readonly owner: string;
  readonly service: string;
  readonly serviceRole: string;
}

/** An empty database of a role that owns it and nothing else, and a role that owns nothing; null where we may not make any. */
async function makeRoles(t: TestContext): Promise<Roles | null> {
  const server = testServer().connection;
  const made = await createEmptyDatabase();
  t.after(made.drop);
  if (
    (await read(connectionUrl(server), "select from pg_roles where rolname = current_user and rolsuper")).length === 0
  ) {
    t.skip("making roles takes a superuser");
    return null;
  }
  const database = new URL(made.url).pathname.slice(1);
  const [owner, service] = [`${database}_owner`, `${database}_service`];
  for (const role of [owner, service]) {
    await execute(server, `create role ${role} login password '${role}'`);
    // After the database itself is gone.
    t.after(() => execute(server, `drop role ${role}`));
  }
  await execute(server, `alter database ${database} owner to ${owner}`);
  const asRole = (role: string) => {
    const url = new URL(made.url);
    url.username = role;
    url.password = role;
    return url.href;
  };
  return { superuser: made.url, owner: asRole(owner), service: asRole(service), serviceRole: service };
}

async function read(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const ADD = "insert into audit (actor, action, subject, details) values ('key_1', 'list.create', 'a', '{}')";
const CHANGES = [
  "update audit set actor = 'nobody'",
  "delete from audit",
  "truncate audit",
  "delete from audit_head",
  "truncate audit_head",
  "insert into audit_head (singleton, seq, hash) values (true, 0, '')",
];

describe("a role that migrates and serves", () => {
  test("may not change or remove audit rows, not even before a trigger is asked", async (t) => {
    const roles = await makeRoles(t);
    if (roles === null) return;
    await migrateDatabase({ connectionString: roles.owner }, { logger: quietLogger });
    await read(roles.owner, ADD);
    for (const change of CHANGES) {
      await assert.rejects(
        read(roles.owner, change),
        { code: "42501", message: /^permission denied for table/ },
        change,
      );
    }
    await assert.rejects(read(roles.owner, "update audit_head set seq = 0"), {
      code: "42501",
      message: /moves with its rows/,
    });
    assert.deepEqual(await read(roles.owner, "select seq, actor from audit"), [{ seq: "1", actor: "key_1" }]);
  });

  test("is refused by triggers where it is a superuser, whatever it says its changes are", async (t) => {
    const made = await createEmptyDatabase();
    t.after(made.drop);
    await migrateDatabase(made.connection, { logger: quietLogger });
    await read(made.url, ADD);
    for (const change of [...CHANGES, "update audit_head set seq = 2"]) {
      await assert.rejects(read(made.url, change), { code: "42501" }, change);
    }
    if ((await read(made.url, "select from pg_roles where rolname = current_user and rolsuper")).length === 0) return;
    for (const change of CHANGES.slice(0, 3)) {
      await assert.rejects(
        read(made.url, `set session_replication_role = replica; ${change}`),
        { code: "42501" },
        change,
      );
    }
  });
});

describe("a role that only serves", () => {
  test("runs the whole service, and can neither change audit rows nor the tables' triggers", async (t) => {
    const roles = await makeRoles(t);
    if (roles === null) return;
    const migrated = await runLookalike(["migrate", "--service-role", roles.serviceRole], {
      DATABASE_URL: roles.owner,
    });
    assert.deepEqual([migrated.exitCode, migrated.stderr], [0, ""]);
    const service = await startService({ databaseUrl: roles.service });
    try {
      const picture = await detailedPicture(6101);
      const checked = await check(service, picture);
      assert.deepEqual([checked.status, checked.body.verdict], [200, "allow"]);
      const key = await service.createKey({ name: "app", quota: { limit: 5, period: "day" } });
      assert.equal((await check(service, picture, { key: key.key })).body.quota.charged, 0);
      assert.equal((await check(service, await detailedPicture(6102), { key: key.key })).body.quota.remaining, 4);
      assert.equal((await check(service, await detailedPicture(6103), { key: null })).status, 200);
      await ask(service, "POST", "/v1/lists", { body: { name: "banned" } });
      const added = await ask(service, "POST", "/v1/lists/banned/entries", {
        body: picture,
        headers: { "idempotency-key": "1" },
      });
      assert.equal(added.status, 201);
      assert.equal((await check(service, picture)).body.verdict, "block");
      const { sha1, pdq } = checked.body.fingerprint;
      assert.equal((await ask(service, "GET", `/v1/hashes/sha1/${sha1}`)).body.verdict, "block");
      assert.equal((await ask(service, "GET", `/v1/hashes/pdq/${pdq}`)).body.verdict, "block");
      assert.equal((await ask(service, "DELETE", `/v1/lists/banned/entries/${added.body.id}`)).status, 204);
      assert.equal((await ask(service, "POST", `/v1/keys/${key.id}/rotate`)).status, 200);
      assert.equal((await ask(service, "DELETE", `/v1/keys/${key.id}`)).status, 204);
      assert.equal((await ask(service, "GET", "/readyz")).status, 200);
      const { body } = await ask(service, "GET", "/v1/audit");
      assert.deepEqual(
        body.events.map(({ action }: { action: string }) => action),
        ["key.revoke", "key.rotate", "entry.lift", "entry.create", "list.create", "key.create", "key.create"],
      );
      assert.ok((await verifyDatabase(service.context.db)).whole);
      const rehashed = await runLookalike(["rehash"], { DATABASE_URL: roles.service });
      assert.deepEqual([rehashed.exitCode, rehashed.stderr], [0, ""]);
    } finally {
      await service.close();
    }
    for (const change of [
      ...CHANGES,
      "update audit_head set seq = 1",
      "alter table audit disable trigger user",
      "drop trigger audit_append_only on audit",
      "drop table audit",
      "create table more ()",
      "create or replace function audit_text() returns text language sql as $$ select '' $$",
      "grant update on audit to current_user",
      "set session_replication_role = replica",
      "update drizzle.__drizzle_migrations set hash = ''",
    ]) {
      await assert.rejects(
        read(roles.service, change).then((rows) => {
          // What a grant doesn't give it says by a warning.
          if (change.startsWith("grant")) throw Object.assign(new Error(), { code: "42501" });
          return rows;
        }),
        { code: "42501" },
        change,
      );
    }
    assert.deepEqual(
      await read(roles.superuser, `select has_table_privilege('${roles.serviceRole}', 'audit', 'update') as may`),
      [{ may: false }],
    );
  });

  test("can't chain a row to anything but the last one, nor give it a number, a time or a hash", async (t) => {
    const roles = await makeRoles(t);
    if (roles === null) return;
    const options = { logger: quietLogger, serviceRole: roles.serviceRole };
    await migrateDatabase({ connectionString: roles.owner }, options);
    await read(
      roles.service,
      `create temp table audit_head (singleton boolean, seq bigint, hash bytea);
      insert into audit_head values (true, 99, '');
      insert into audit (seq, at, actor, action, subject, details, prev_hash, hash)
      values (7, 'epoch', 'key_1', 'list.create', 'a', '{}', 'x', 'y'), (7, 'epoch', 'key_1', 'list.delete', 'a', '{}', 'x', 'y')`,
    );
    const rows = await read(
      roles.service,
      "select seq, at > now() - interval '1 hour' as recent, length(hash) as bytes from audit order by seq",
    );
    assert.deepEqual(rows, [
      { seq: "1", recent: true, bytes: 32 },
      { seq: "2", recent: true, bytes: 32 },
    ]);
  });

  test("is told what to do where the database isn't up to date", async (t) => {
    const roles = await makeRoles(t);
    if (roles === null) return;
    await assert.rejects(migrateDatabase({ connectionString: roles.service }, { logger: quietLogger }), {
      code: "database_unavailable",
      message: /permission denied/,
    });
  });
});
