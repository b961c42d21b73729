import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { countAudit, verifyDatabase } from "../support/audit.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

// What an admin can change is what the contract has for POST, PUT, PATCH and DELETE, these aside: they ask, or are a
// caller's own word.
const QUESTIONS = [
  "POST /v1/images/check",
  "POST /v1/hashes/check",
  "POST /v1/profiles/check",
  "POST /v1/workflows/{id}/check",
  "POST /v1/feedback",
];

interface Change {
  readonly operation: string;
  /** In what way, where the operation has several. */
  readonly way: string;
  readonly action: string;
  /** Makes what is to be changed. */
  prepare(): Promise<{ readonly path: string; readonly body?: object }>;
}

let service: TestService;
const secrets: string[] = [];
let made = 0;

function nextNumber(): number {
  made += 1;
  return made;
}

const sha256 = () => String(nextNumber()).padStart(64, "0");
const POST = "POST /v1/lists/{name}/entries";
const ENTRY = "/v1/lists/{name}/entries/{id}";

async function newList(): Promise<string> {
  const name = `list-${nextNumber()}`;
  await ask(service, "POST", "/v1/lists", { body: { name } });
  return name;
}

async function newEntry(hashes: object, lifted = false): Promise<{ entries: string; path: string }> {
  const entries = `/v1/lists/${await newList()}/entries`;
  const { body } = await ask(service, "POST", entries, { body: { hashes } });
  const path = `${entries}/${body.id}`;
  if (lifted) await ask(service, "DELETE", path);
  return { entries, path };
}

const RULES = [{ when: { score: "unsafe", at_least: 0.5 }, action: "reject", text: "Nudity" }];

async function newWorkflow(): Promise<string> {
  const { body } = await ask(service, "POST", "/v1/workflows", { body: { name: "one", rules: RULES } });
  return `/v1/workflows/${body.id}`;
}

async function newFeedback(): Promise<string> {
  const body = await flatPicture(`#${nextNumber().toString(16).padStart(6, "0")}`, 8, 8);
  const said = await ask(service, "POST", "/v1/feedback?model=nsfw-mobilenet-v2&class=safe", { body });
  return `/v1/feedback/${said.body.id}`;
}

async function newKey(): Promise<string> {
  const key = await service.createKey({ name: "one", quota: { limit: 5, period: "none" } });
  secrets.push(key.secret, key.key);
  return `/v1/keys/${key.id}`;
}

const CHANGES: readonly Change[] = [
  {
    operation: "POST /v1/lists",
    way: "",
    action: "list.create",
    prepare: async () => ({ path: "/v1/lists", body: { name: `made-${nextNumber()}` } }),
  },
  {
    operation: "PATCH /v1/lists/{name}",
    way: "",
    action: "list.update",
    prepare: async () => ({ path: `/v1/lists/${await newList()}`, body: { enabled: false } }),
  },
  {
    operation: "DELETE /v1/lists/{name}",
    way: "",
    action: "list.delete",
    prepare: async () => ({ path: `/v1/lists/${await newList()}` }),
  },
  {
    operation: POST,
    way: "a new one",
    action: "entry.create",
    prepare: async () => ({ path: `/v1/lists/${await newList()}/entries`, body: { hashes: { sha256: sha256() } } }),
  },
  {
    operation: POST,
    way: "one that was lifted",
    action: "entry.restore",
    prepare: async () => {
      const hashes = { sha256: sha256() };
      return { path: (await newEntry(hashes, true)).entries, body: { hashes } };
    },
  },
  {
    operation: POST,
    way: "one that lacked a hash",
    action: "entry.complete",
    prepare: async () => {
      const hashes = { sha256: sha256() };
      return { path: (await newEntry(hashes)).entries, body: { hashes: { ...hashes, md5: "a".repeat(32) } } };
    },
  },
  {
    operation: `PATCH ${ENTRY}`,
    way: "",
    action: "entry.update",
    prepare: async () => ({ path: (await newEntry({ sha256: sha256() })).path, body: { note: "looked at" } }),
  },
  {
    operation: `DELETE ${ENTRY}`,
    way: "",
    action: "entry.lift",
    prepare: async () => ({ path: (await newEntry({ sha256: sha256() })).path }),
  },
  {
    operation: "POST /v1/keys",
    way: "",
    action: "key.create",
    prepare: async () => ({ path: "/v1/keys", body: { name: "another" } }),
  },
  {
    operation: "PATCH /v1/keys/{id}",
    way: "its fields",
    action: "key.update",
    prepare: async () => ({ path: await newKey(), body: { name: "other" } }),
  },
  {
    operation: "PATCH /v1/keys/{id}",
    way: "a refill",
    action: "key.update",
    prepare: async () => ({ path: await newKey(), body: { refill: 10 } }),
  },
  {
    operation: "POST /v1/keys/{id}/rotate",
    way: "",
    action: "key.rotate",
    prepare: async () => ({ path: `${await newKey()}/rotate` }),
  },
  {
    operation: "POST /v1/workflows",
    way: "",
    action: "workflow.create",
    prepare: async () => ({ path: "/v1/workflows", body: { name: "another", rules: RULES } }),
  },
  {
    operation: "PATCH /v1/workflows/{id}",
    way: "",
    action: "workflow.update",
    prepare: async () => ({ path: await newWorkflow(), body: { name: "other" } }),
  },
  {
    operation: "DELETE /v1/workflows/{id}",
    way: "",
    action: "workflow.delete",
    prepare: async () => ({ path: await newWorkflow() }),
  },
  {
    operation: "DELETE /v1/feedback/{id}",
    way: "",
    action: "feedback.delete",
    prepare: async () => ({ path: await newFeedback() }),
  },
  { operation: "DELETE /v1/keys/{id}", way: "", action: "key.revoke", prepare: async () => ({ path: await newKey() }) },
];

const pool = () => service.context.db.pool;

/** Everything that an admin can change. */
async function state(): Promise<unknown> {
  const tables = ["list", "entry", "api_key", "entry_pdq", "entry_blockhash", "entry_neural", "workflow", "feedback"];
  const columns = tables.map(
    (name) => `(select jsonb_agg(to_jsonb(t) - '{used}'::text[] order by t::text) from ${name} as t) as ${name}`,
  );
  return (await pool().query(`select ${columns.join(", ")}`)).rows[0];
}

async function send({ operation }: Change, { path, body }: Awaited<ReturnType<Change["prepare"]>>) {
  const method = operation.split(" ")[0] ?? "";
  const headers = { "content-type": "application/json" };
  return await service.request(path, { method, ...(body !== undefined && { headers, body: JSON.stringify(body) }) });
}

const title = ({ operation, way }: Change) => (way === "" ? operation : `${operation} (${way})`);

/** Ways to make one half of a change fail; the other must not be there then. */
const FAULTS: readonly [string, string][] = [
  [
    "the audit row can't be written",
    "create trigger fault before insert on audit for each row execute function fault()",
  ],
  [
    "the commit fails",
    "create constraint trigger fault after insert on audit deferrable initially deferred for each row execute function fault()",
  ],
  ...["list", "entry", "api_key", "workflow", "feedback"].map((table): [string, string] => [
    `the change of ${table} can't be written`,
    `create trigger fault after insert or update or delete on ${table} for each row execute function fault()`,
  ]),
];
const TABLE_OF: Record<string, string> = {
  list: "list",
  entry: "entry",
  key: "api_key",
  workflow: "workflow",
  feedback: "feedback",
};

before(async () => {
  service = await startService();
  await pool().query(
    "create function fault() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$",
  );
});
after(() => service?.close());

describe("every change that an admin can make", () => {
  it("is in this test", async () => {
    const { body } = await ask(service, "GET", "/openapi.json");
    const operations = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const changing = operations.filter((each) => !each.startsWith("GET ") && !QUESTIONS.includes(each));
    assert.deepEqual([...new Set(CHANGES.map(({ operation }) => operation))].sort(), changing.sort());
  });

  for (const change of CHANGES) {
    it(`leaves one audit row: ${title(change)}`, async () => {
      const prepared = await change.prepare();
      const [before, rows] = [await state(), await countAudit(pool())];
      const answer = await send(change, prepared);
      const text = await answer.text();
      assert.ok(answer.ok, text);
      if (text.includes("secret")) secrets.push(JSON.parse(text).secret, JSON.parse(text).key);
      assert.equal(await countAudit(pool()), rows + 1);
      const { body } = await ask(service, "GET", "/v1/audit?limit=1");
      const [{ action, actor, request_id }] = body.events;
      assert.deepEqual([action, actor, request_id], [change.action, "key_admin", answer.headers.get("x-request-id")]);
      assert.notDeepEqual(await state(), before);
    });

    for (const [what, trigger] of FAULTS) {
      const table = / on (\w+)/.exec(trigger)?.[1];
      if (table !== "audit" && table !== TABLE_OF[change.action.split(".")[0] ?? ""]) continue;
      it(`is not made, and leaves no row, where ${what}: ${title(change)}`, async () => {
        const prepared = await change.prepare();
        const [before, rows] = [await state(), await countAudit(pool())];
        await pool().query(trigger);
        try {
          const answer = await send(change, prepared);
          assert.ok(answer.status >= 500, String(answer.status));
          assertCleanError(answer, await answer.text());
        } finally {
          await pool().query(`drop trigger fault on ${table}`);
        }
        assert.deepEqual(await state(), before);
        assert.equal(await countAudit(pool()), rows);
      });
    }
  }

  it("leaves no row where it changes nothing", async () => {
    const hashes = { sha256: sha256() };
    const { entries, path } = await newEntry(hashes);
    const rows = await countAudit(pool());
    assert.equal((await ask(service, "POST", entries, { body: { hashes } })).status, 200);
    assert.equal((await ask(service, "PATCH", path, { body: {} })).status, 200);
    assert.equal((await ask(service, "PATCH", "/v1/lists/none", { body: { enabled: true } })).status, 404);
    assert.equal((await ask(service, "DELETE", `${path}0`)).status, 404);
    assert.equal((await ask(service, "POST", "/v1/lists", { body: { name: entries.split("/")[3] } })).status, 409);
    assert.equal(await countAudit(pool()), rows);
  });

  it("leaves no secret in its row, and a chain that is whole", async () => {
    const { rows } = await pool().query<{ text: string }>("select string_agg(audit::text, ' ') as text from audit");
    const text = rows[0]?.text ?? "";
    assert.ok(secrets.length >= 8);
    for (const secret of [...secrets, service.adminKey]) assert.ok(!text.includes(secret));
    assert.doesNotMatch(text, /secret/i);
    assert.ok((await verifyDatabase(service.context.db)).whole);
  });
});

describe("admin keys that the service makes by itself", () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase();
  });
  after(() => database.drop());

  it("leave one row each, however often it starts", async () => {
    for (const adminKey of [null, null, "a-fixed-key-for-this-test", "another-one-for-this-test"]) {
      const started = await startService({ databaseUrl: database.url, config: { adminKey, hotIndexMb: 0 } });
      await started.close();
    }
    const { rows } = await database.database.pool.query(
      "select actor, action, details->>'name' as name, request_id from audit order by seq",
    );
    assert.deepEqual(rows, [
      { actor: "system", action: "key.create", name: "first admin key", request_id: null },
      { actor: "system", action: "key.create", name: "ADMIN_KEY", request_id: null },
    ]);
  });
});
