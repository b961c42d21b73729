import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { figureUsage } from "../../src/compat/imagga/usage.ts";
import { askImagga, type BasicKey, fileForm } from "../support/imagga.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const DATE = /^\d\d of (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec), \d{4}$/;

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

async function check(key: BasicKey, colour: string): Promise<number> {
  const form = fileForm({ image: await flatPicture(colour) });
  return (await askImagga(service, key, "POST", "/v2/categories/nsfw_beta", form)).status;
}

const usage = async (key: BasicKey, query = "") =>
  (await askImagga(service, key, "GET", `/v2/usage${query}`)).body.result;

/** What a day of a key's past looked like. */
async function addDay(key: BasicKey, daysAgo: number, units: number, requests: number): Promise<void> {
  await service.context.db.pool.query(
    `insert into key_usage (key_id, day, units, new_images, repeated_images)
     values ($1, (now() at time zone 'UTC')::date - $2::int, $3, $3, $4)`,
    [key.id, daysAgo, units, requests - units],
  );
}

describe("Imagga v2 usage", () => {
  it("has the vendor's members, and those of history and concurrency only where they are asked for", async () => {
    const key = await service.createKey({ name: "members", quota: { limit: 100, period: "month" } });
    const members = [
      "billing_period_end",
      "billing_period_start",
      "daily_for",
      "daily_processed",
      "daily_requests",
      "last_usage",
      "monthly_limit",
      "monthly_processed",
      "monthly_requests",
      "total_processed",
      "total_requests",
      "weekly_processed",
      "weekly_requests",
    ];
    const { status, headers, body } = await askImagga(service, key, "GET", "/v2/usage");
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "application/json");
    assert.deepEqual(body.status, { type: "success", text: "" });
    assert.deepEqual(Object.keys(body.result), members);
    for (const member of ["billing_period_end", "billing_period_start", "daily_for"]) {
      assert.match(body.result[member], DATE);
    }
    for (const [member, value] of Object.entries(body.result)) {
      if (typeof value !== "string") assert.ok(Number.isInteger(value), member);
    }
    assert.equal(body.result.last_usage, 0);
    const whole = await usage(key, "?history=1&concurrency=1");
    assert.deepEqual(Object.keys(whole).sort(), [...members, "concurrency", "daily", "monthly", "weekly"].sort());
    assert.deepEqual(whole.concurrency, { max: service.context.config.maxRequests, now: 1 });
    assert.deepEqual(Object.keys(await usage(key, "?history=0&concurrency=0")), members);
  });

  it("lets clients of a monthly key compute what is really left, whoever else uses it", async () => {
    const key = await service.createKey({ name: "month", quota: { limit: 4, period: "month" } });
    const left = async () => {
      const { monthly_limit: limit, monthly_processed: processed } = await usage(key);
      assert.equal(limit, 4);
      const { remaining } = (await ask(service, "GET", "/v1/quota", { key: key.key })).body;
      assert.equal(limit - processed, remaining);
      return limit - processed;
    };
    assert.equal(await left(), 4);
    assert.equal(await check(key, "#750101"), 200);
    assert.equal(await left(), 3);
    assert.equal(await check(key, "#750101"), 200);
    assert.equal(await left(), 3, "a repeat is free");
    await ask(service, "POST", "/v1/images/check", { key: key.key, body: await flatPicture("#750102") });
    assert.equal(await left(), 2);
    const after = await usage(key, "?history=1");
    assert.deepEqual([after.daily_processed, after.weekly_processed, after.total_processed], [2, 2, 2]);
    assert.deepEqual([after.daily_requests, after.monthly_requests, after.total_requests], [3, 3, 3]);
    const [[day, units] = []] = Object.entries(after.daily);
    assert.equal(units, 2);
    assert.equal(Number(day) % 86_400, 0);
    for (const colour of ["#750103", "#750104"]) assert.equal(await check(key, colour), 200);
    assert.equal(await check(key, "#750105"), 403);
    assert.equal(await left(), 0);
  });

  it("has a limit for keys with other quotas from which the same sum gives what is left now", async () => {
    const day = await service.createKey({ name: "day", quota: { limit: 5, period: "day" } });
    const stock = await service.createKey({ name: "stock", quota: { limit: 7, period: "none" } });
    const open = await service.createKey({ name: "open", quota: { limit: null, period: "month" } });
    for (const [key, leftAfterOne] of [
      [day, 4],
      [stock, 6],
    ] as const) {
      await addDay(key, 40, 9, 9);
      assert.equal(await check(key, `#7502${key === day ? "01" : "02"}`), 200);
      const { monthly_limit: limit, monthly_processed: processed, total_processed: total } = await usage(key);
      assert.equal(limit - processed, leftAfterOne);
      assert.equal(total, 10);
    }
    assert.equal((await usage(open)).monthly_limit, 2_147_483_647);
  });

  it("tells to the second when the key was last used, whether that was charged or not", async () => {
    const key = await service.createKey({ name: "last" });
    await addDay(key, 0, 1, 1);
    assert.equal((await usage(key)).last_usage % 86_400, 0, "only the day is known of what was counted before");
    let last = 0;
    for (const attempt of ["new", "repeat"]) {
      const begun = Math.floor(Date.now() / 1000);
      assert.equal(await check(key, "#750110"), 200);
      const { last_usage: told } = await usage(key);
      assert.ok(begun <= told && told <= Date.now() / 1000, attempt);
      last = told;
    }
    const { last_request: precise } = (await askImagga(service, key, "GET", "/v1/usage")).body;
    assert.equal(Math.floor(Number(precise)), last);
    assert.equal((await usage(key)).last_usage, last, "asking for it is no use");
  });

  it("counts the requests of the key that are under way", async () => {
    const key = await service.createKey({ name: "parallel" });
    const other = await service.createKey({ name: "alone" });
    let release = () => {};
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("--b\r\n"));
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        controller.close();
      },
    });
    const slow = fetch(`${service.url}/v2/uploads`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString("base64")}`,
        "content-type": "multipart/form-data; boundary=b",
      },
      body,
      duplex: "half",
    } as RequestInit);
    let now = 0;
    for (let look = 0; look < 500 && now < 2; look++) now = (await usage(key, "?concurrency=1")).concurrency.now;
    assert.equal(now, 2);
    assert.equal((await usage(other, "?concurrency=1")).concurrency.now, 1);
    release();
    assert.equal((await slow).status, 400);
    assert.equal((await usage(key, "?concurrency=1")).concurrency.now, 1);
  });
});

describe("Imagga v1 usage", () => {
  it("has the shape of ?fix=1, whose numbers are those of v2", async () => {
    const key = await service.createKey({ name: "v1 usage", quota: { limit: 9, period: "month" } });
    assert.equal(await check(key, "#750301"), 200);
    assert.equal(await check(key, "#750301"), 200);
    for (const path of ["/v1/usage?fix=1", "/v1/usage"]) {
      const { status, body } = await askImagga(service, key, "GET", path);
      assert.equal(status, 200);
      const { billing_period: period, last_request: last, ...rest } = body;
      assert.deepEqual(rest, {
        billable: { daily: 1, monthly: 1 },
        limits: { concurrency: service.context.config.maxRequests, monthly: 9 },
        total: { daily: 2, monthly: 2 },
      });
      assert.deepEqual(Object.keys(period), ["end", "start"]);
      const [start, end] = [new Date(period.start * 1000), new Date(period.end * 1000)];
      assert.match(start.toISOString(), /-01T00:00:00.000Z$/);
      assert.match(end.toISOString(), /-01T00:00:00.000Z$/);
      assert.ok(start.getTime() <= Date.now() && Date.now() < end.getTime());
      assert.match(last, /^\d+\.\d{6}$/);
    }
  });
});

describe("the figures of usage", () => {
  const day = (name: string, units: number, repeated = 0) => ({
    keyId: "key_x",
    day: name,
    units,
    newImages: units,
    repeatedImages: repeated,
    hashLookUps: 1,
    lastUsedAt: null,
  });
  const unix = (date: string) => String(Date.parse(date) / 1000);

  it("are of the UTC day, the week from Monday, and the calendar month, over the end of a year too", () => {
    const days = [
      day("2024-12-30", 100),
      day("2026-11-30", 7),
      day("2026-12-27", 5, 2),
      day("2026-12-28", 3),
      day("2026-12-31", 1),
    ];
    const quota = { limit: 1000, period: "month" } as const;
    const figures = figureUsage({ quota, used: 9, days }, new Date("2026-12-31T23:59:59Z"));
    assert.deepEqual(figures.daily, { processed: 1, requests: 2 });
    assert.deepEqual(figures.weekly, { processed: 4, requests: 6 });
    assert.deepEqual(figures.monthly, { processed: 9, requests: 14 });
    assert.deepEqual(figures.total, { processed: 116, requests: 123 });
    assert.deepEqual(figures.period, { startMs: Date.parse("2026-12-01"), endMs: Date.parse("2027-01-01") });
    assert.equal(figures.lastUsedMs, Date.parse("2026-12-31"));
    assert.deepEqual(figures.history, {
      daily: {
        [unix("2026-11-30")]: 7,
        [unix("2026-12-27")]: 5,
        [unix("2026-12-28")]: 3,
        [unix("2026-12-31")]: 1,
      },
      weekly: { [unix("2026-11-30")]: 7, [unix("2026-12-21")]: 5, [unix("2026-12-28")]: 4 },
      monthly: { [unix("2026-11-01")]: 7, [unix("2026-12-01")]: 9 },
    });
  });

  it("leave nothing where a limit was lowered below what was used", () => {
    for (const period of ["month", "day", "none"] as const) {
      const figures = figureUsage({ quota: { limit: 5, period }, used: 8, days: [] }, new Date("2026-05-05"));
      assert.equal(figures.limit - figures.monthly.processed, 0, period);
    }
  });
});
