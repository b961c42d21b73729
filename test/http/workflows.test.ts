import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { detailedPicture, flatPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
/** A picture that the model calls porn. */
let porn: Buffer;
before(async () => {
  service = await startService();
  porn = await readFile(new URL("../fixtures/model/Porn.png", import.meta.url));
});
after(() => service?.close());

let made = 0;

async function newList(fields: object = {}): Promise<string> {
  const name = `workflows-${++made}`;
  assert.equal((await ask(service, "POST", "/v1/lists", { body: { name, ...fields } })).status, 201);
  return name;
}

interface Rule {
  readonly when: object;
  readonly action: string;
  readonly text: string;
}
const byScore = (score: string, at_least: number, action: string): Rule => ({
  when: { score, at_least },
  action,
  text: `${score} says ${action}`,
});
const byList = (list: string, action: string): Rule => ({ when: { list }, action, text: `${list} says ${action}` });

/** Makes a workflow and gives its id. */
async function newWorkflow(...rules: Rule[]): Promise<string> {
  const { status, body } = await ask(service, "POST", "/v1/workflows", { body: { name: "one", rules } });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

async function decide(id: string, picture: Buffer, key?: string) {
  return await ask(service, "POST", `/v1/workflows/${id}/check`, { body: picture, ...(key !== undefined && { key }) });
}

describe("workflows", () => {
  it("are created, read, changed, paged and deleted", async () => {
    const rules = [byScore("unsafe", 0.5, "reject"), byScore("sexy", 0.9, "review")];
    const fields = { name: "Avatars", description: "For profiles", rules };
    const created = await ask(service, "POST", "/v1/workflows", { body: fields });
    assert.equal(created.status, 201);
    const { id, created_at, updated_at, ...rest } = created.body;
    assert.match(id, /^wfl_[0-9A-Za-z]{22}$/);
    assert.equal(created.headers.get("location"), `/v1/workflows/${id}`);
    assert.deepEqual(rest, { ...fields, faults: [], created_by: "key_admin" });
    assert.equal(created_at, updated_at);
    const path = `/v1/workflows/${id}`;
    assert.deepEqual((await ask(service, "GET", path)).body, created.body);
    const changed = await ask(service, "PATCH", path, { body: { rules: rules.slice(1) } });
    assert.deepEqual([changed.body.name, changed.body.rules], ["Avatars", rules.slice(1)]);
    assert.ok(changed.body.updated_at > updated_at);
    // Names need not differ.
    const others = [await newWorkflow(...rules), await newWorkflow(...rules)];
    const first = await ask(service, "GET", "/v1/workflows?limit=1");
    const behind = await ask(service, "GET", `/v1/workflows?after=${first.body.next}`);
    const ids = [...first.body.workflows, ...behind.body.workflows].map((each: { id: string }) => each.id);
    assert.equal(first.body.workflows.length, 1);
    for (const each of [id, ...others]) assert.ok(ids.includes(each));
    assert.equal((await ask(service, "DELETE", path)).status, 204);
    for (const [method, body] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
      const answer = await ask(service, method, path, { body });
      assert.deepEqual([answer.status, answer.body.code], [404, "workflow_not_found"], method);
    }
    assert.equal((await decide(id, await flatPicture())).body.code, "workflow_not_found");
    const left = await ask(service, "GET", "/v1/workflows");
    assert.ok(!left.body.workflows.some((each: { id: string }) => each.id === id));
    const { rows } = await service.context.db.pool.query("select deleted_at from workflow where id = $1", [id]);
    assert.notEqual(rows[0]?.deleted_at, null);
  });

  it("decide from the model's scores, by each label and by the sums", async () => {
    const id = await newWorkflow(byScore("unsafe", 0.5, "reject"), byScore("neutral", 0.5, "accept"));
    const rejected = await decide(id, porn);
    assert.equal(rejected.status, 200, JSON.stringify(rejected.body));
    const { workflow, action, reject_prob, reasons, check: checked } = rejected.body;
    assert.deepEqual([workflow, action], [{ id, name: "one" }, "reject"]);
    assert.deepEqual(reasons, [{ id: "rule_1", text: "unsafe says reject" }]);
    const { scores } = checked.classification;
    assert.equal(reject_prob, Math.min(1, scores.porn + scores.hentai));
    assert.ok(reject_prob > 0.5);
    const accepted = await decide(id, await detailedPicture(3001));
    assert.equal(accepted.body.action, "accept");
    const others = accepted.body.check.classification.scores;
    assert.equal(accepted.body.reject_prob, others.hentai + others.porn);
    const edge = await newWorkflow(byScore("drawing", others.drawing, "review"));
    assert.equal((await decide(edge, await detailedPicture(3001))).body.action, "review");
  });

  it("answer the whole check, as the check itself does", async () => {
    const picture = await detailedPicture(3002);
    const id = await newWorkflow(byScore("unsafe", 0.99, "reject"));
    await check(service, picture);
    const direct = await check(service, picture);
    const { check: inside } = (await decide(id, picture)).body;
    assert.deepEqual(
      { ...inside, id: null, seen: { ...inside.seen, times: 0 } },
      { ...direct.body, id: null, seen: { ...direct.body.seen, times: 0 } },
    );
    assert.equal(inside.seen.times, direct.body.seen.times + 1);
  });

  it("decide from the lists, near copies included, and let an accepting list win over all", async () => {
    const picture = await detailedPicture(3003);
    const [bad, good] = [await newList(), await newList({ kind: "allow" })];
    const id = await newWorkflow(byScore("unsafe", 0, "reject"), byList(bad, "reject"), byList(good, "accept"));
    const reviewing = await newWorkflow(byList(bad, "review"));
    const copy = await shrunkCopy(picture);
    assert.deepEqual((await decide(reviewing, copy)).body.action, "accept");
    await ask(service, "POST", `/v1/lists/${bad}/entries`, { body: picture });
    const rejected = (await decide(id, copy)).body;
    assert.deepEqual([rejected.action, rejected.reject_prob], ["reject", 1]);
    assert.deepEqual(
      rejected.reasons.map((each: { id: string }) => each.id),
      ["rule_1", "rule_2"],
    );
    const reviewed = (await decide(reviewing, copy)).body;
    // The workflow's word, whatever the list's own action is.
    assert.deepEqual([reviewed.action, reviewed.check.verdict], ["review", "block"]);
    await ask(service, "POST", `/v1/lists/${good}/entries`, { body: copy });
    const accepted = (await decide(id, copy)).body;
    assert.deepEqual([accepted.action, accepted.reject_prob], ["accept", 0]);
    assert.deepEqual(accepted.reasons, [{ id: "rule_3", text: `${good} says accept` }]);
  });

  it("follow a change of their rules with the next picture", async () => {
    const picture = await flatPicture("#aa3311");
    const id = await newWorkflow(byScore("neutral", 0, "reject"));
    assert.equal((await decide(id, picture)).body.action, "reject");
    await ask(service, "PATCH", `/v1/workflows/${id}`, { body: { rules: [byScore("neutral", 0, "review")] } });
    assert.equal((await decide(id, picture)).body.action, "review");
    assert.equal((await ask(service, "PATCH", `/v1/workflows/${id}`, { body: {} })).status, 200);
  });

  it("send pictures to review once a list they name is deleted, say so, and work again with a new one", async () => {
    const picture = await flatPicture("#11aa33");
    const list = await newList();
    const id = await newWorkflow(byList(list, "reject"));
    assert.equal((await decide(id, picture)).body.action, "accept");
    await ask(service, "DELETE", `/v1/lists/${list}`);
    const { action, reasons } = (await decide(id, picture)).body;
    assert.equal(action, "review");
    const text = `This rule was not applied: there is no list ${list} of pictures any more`;
    assert.deepEqual(reasons, [{ id: "rule_1", text }]);
    assert.deepEqual((await ask(service, "GET", `/v1/workflows/${id}`)).body.faults, reasons);
    const paged = (await ask(service, "GET", "/v1/workflows")).body.workflows;
    assert.deepEqual(paged.find((each: { id: string }) => each.id === id).faults, reasons);
    await ask(service, "POST", "/v1/lists", { body: { name: list } });
    assert.equal((await decide(id, picture)).body.action, "accept");
    assert.deepEqual((await ask(service, "GET", `/v1/workflows/${id}`)).body.faults, []);
  });

  it("match by a list only while it is enabled", async () => {
    const picture = await detailedPicture(3004);
    const list = await newList();
    await ask(service, "POST", `/v1/lists/${list}/entries`, { body: picture });
    const id = await newWorkflow(byList(list, "reject"));
    assert.equal((await decide(id, picture)).body.action, "reject");
    await ask(service, "PATCH", `/v1/lists/${list}`, { body: { enabled: false } });
    assert.equal((await decide(id, picture)).body.action, "accept");
  });

  it("are the admin's to make; checking by one needs a key that may check", async () => {
    const id = await newWorkflow(byScore("unsafe", 0.5, "reject"));
    const checking = await service.createKey({ name: "checks" });
    const lists = await service.createKey({ name: "lists", scopes: ["lists"] });
    const body = { name: "x", rules: [byScore("unsafe", 0.5, "reject")] };
    for (const [method, path] of [
      ["POST", "/v1/workflows"],
      ["GET", "/v1/workflows"],
      ["GET", `/v1/workflows/${id}`],
      ["PATCH", `/v1/workflows/${id}`],
      ["DELETE", `/v1/workflows/${id}`],
    ] as const) {
      for (const [key, status] of [
        [null, 401],
        [checking.key, 403],
        [lists.key, 403],
      ] as const) {
        const answer = await ask(service, method, path, { key, ...(method === "POST" && { body }) });
        assert.equal(answer.status, status, `${method} ${path}`);
      }
    }
    const path = `/v1/workflows/${id}/check`;
    const picture = await flatPicture("#010203");
    assert.equal((await ask(service, "POST", path, { key: null, body: picture })).body.code, "credentials_missing");
    assert.equal((await ask(service, "POST", path, { key: lists.key, body: picture })).body.code, "scope_missing");
    assert.equal((await ask(service, "POST", path, { key: checking.key, body: picture })).status, 200);
  });

  it("leave an audit row for each change, with the rules", async () => {
    const id = await newWorkflow(byScore("unsafe", 0.5, "reject"));
    await ask(service, "PATCH", `/v1/workflows/${id}`, { body: { name: "other" } });
    await ask(service, "DELETE", `/v1/workflows/${id}`);
    const { body } = await ask(service, "GET", `/v1/audit?subject=${id}&order=oldest`);
    assert.deepEqual(
      body.events.map((event: { action: string }) => event.action),
      ["workflow.create", "workflow.update", "workflow.delete"],
    );
    assert.deepEqual(body.events[0].details.rules, [byScore("unsafe", 0.5, "reject")]);
    assert.deepEqual(body.events[1].details, { name: "other" });
  });
});

describe("what a workflow's check costs", () => {
  it("is what the check costs: a unit for a new picture, nothing for a repeat, exact under parallel calls", async () => {
    const id = await newWorkflow(byScore("unsafe", 0.5, "reject"));
    const { key } = await service.createKey({ name: "units", quota: { limit: 3, period: "day" } });
    const first = await decide(id, await flatPicture("#100000", 8, 8), key);
    assert.deepEqual([first.body.check.quota.charged, first.body.check.quota.remaining], [1, 2]);
    const again = await decide(id, await flatPicture("#100000", 8, 8), key);
    assert.deepEqual([again.body.check.quota.charged, again.body.check.quota.remaining], [0, 2]);
    const colours = Array.from({ length: 8 }, (_, index) => `#20000${index}`);
    const answers = await Promise.all(
      colours.map(async (each) => await decide(id, await flatPicture(each, 8, 8), key)),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 429, 429, 429, 429, 429, 429]);
    assert.ok(answers.every(({ status, body }) => status === 200 || body.code === "quota_exceeded"));
    assert.equal((await decide(id, await flatPicture("#100000", 8, 8), key)).status, 200);
  });

  it("is nothing where it fails, and once for each Idempotency-Key", async () => {
    const id = await newWorkflow(byScore("unsafe", 0.5, "reject"));
    const { key } = await service.createKey({ name: "failures", quota: { limit: 2, period: "day" } });
    assert.equal((await decide(id, Buffer.from("not an image"), key)).body.code, "image_unreadable");
    assert.equal((await decide("wfl_none", await flatPicture("#300000"), key)).body.code, "workflow_not_found");
    const path = `/v1/workflows/${id}/check`;
    const unreachable = await ask(service, "POST", path, { key, body: { url: "http://127.0.0.1:1/x" } });
    assert.equal(unreachable.body.code, "url_unreachable");
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 2);
    const headers = { "idempotency-key": "once" };
    const body = await flatPicture("#300001");
    const answers = [await ask(service, "POST", path, { key, body, headers })];
    answers.push(await ask(service, "POST", path, { key, body, headers }));
    assert.deepEqual(answers[1]?.body, answers[0]?.body);
    assert.equal(answers[1]?.headers.get("idempotent-replayed"), "true");
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
  });
});

describe("a workflow that can't be made", () => {
  it("is told which rule and member is wrong, and what was expected", async () => {
    const rule = byScore("unsafe", 0.5, "reject");
    const names = await newList({ kind: "names" });
    const cases: [object, string, string, RegExp][] = [
      [{ rules: [rule] }, "parameter_invalid", "name", /text|string/],
      [{ name: "", rules: [rule] }, "parameter_invalid", "name", /at least 1/],
      [{ name: "x", rules: [] }, "parameter_invalid", "rules", /at least 1 items/],
      [{ name: "x", rules: Array(101).fill(rule) }, "parameter_invalid", "rules", /at most 100/],
      [{ name: "x", rules: [rule], surprise: 1 }, "parameter_invalid", "surprise", /no surprise/],
      [{ name: "x", rules: [rule, { ...rule, action: "ban" }] }, "parameter_invalid", "rules[1].action", /accept/],
      [{ name: "x", rules: [{ ...rule, when: {} }] }, "parameter_invalid", "rules[0].when.score", /a score, or a list/],
      [
        { name: "x", rules: [{ ...rule, when: { score: "porn" } }] },
        "parameter_invalid",
        "rules[0].when.at_least",
        /the score from which/,
      ],
      [
        { name: "x", rules: [{ ...rule, when: { score: "porn", at_least: 1.5 } }] },
        "parameter_invalid",
        "rules[0].when.at_least",
        /at most 1/,
      ],
      [
        { name: "x", rules: [{ ...rule, when: { score: "porn", at_least: 0.5, list: "spam" } }] },
        "parameter_invalid",
        "rules[0].when.list",
        /either a score or a list/,
      ],
      [
        { name: "x", rules: [{ ...rule, when: { list: names, at_least: 1 } }] },
        "parameter_invalid",
        "rules[0].when.at_least",
        /no threshold/,
      ],
      [
        { name: "x", rules: [byScore("raw", 0.5, "reject")] },
        "parameter_invalid",
        "rules[0].when.score",
        /one of .*porn.*unsafe, suggestive .* received "raw"/,
      ],
      [{ name: "x", rules: [rule, byList("none", "reject")] }, "list_not_found", "rules[1].when.list", /received none/],
      // Patterns of names match no picture.
      [{ name: "x", rules: [byList(names, "reject")] }, "list_not_found", "rules[0].when.list", /of pictures/],
    ];
    const id = await newWorkflow(rule);
    for (const [body, code, field, detail] of cases) {
      const { body: problem } = await ask(service, "POST", "/v1/workflows", { body });
      assert.deepEqual([problem.code, problem.field], [code, field], JSON.stringify(problem));
      assert.match(problem.detail, detail);
      if (field === "name" && !("name" in body)) continue;
      const changed = await ask(service, "PATCH", `/v1/workflows/${id}`, { body });
      assert.deepEqual([changed.body.code, changed.body.field], [code, field], JSON.stringify(changed.body));
    }
    assert.deepEqual((await ask(service, "GET", `/v1/workflows/${id}`)).body.rules, [rule]);
  });

  it("is found by no other text than its id", async () => {
    for (const id of ["none", "wfl_", `wfl_${"0".repeat(22)}`, "wfl_%2e%2e", "a".repeat(100)]) {
      for (const [method, path] of [
        ["GET", `/v1/workflows/${id}`],
        ["POST", `/v1/workflows/${id}/check`],
      ] as const) {
        const body = method === "POST" ? await flatPicture() : undefined;
        const answer = await ask(service, method, path, { body });
        assert.deepEqual([answer.status, answer.body.code, answer.body.field], [404, "workflow_not_found", "id"], path);
      }
    }
  });
});
