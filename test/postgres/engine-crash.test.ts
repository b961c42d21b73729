import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { watch } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { isAlive } from "../../src/db/embedded/own-folder.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { execute, quietLogger } from "../support/database.ts";
import { spawnEngineOwner, spawnOwnerProcess } from "../support/spawn-engine-owner.ts";

const noProc = process.platform === "linux" ? false : "needs /proc to find the watcher";

test("a service killed with SIGKILL is followed at once by the next, with all that was committed", async (t) => {
  const dataDir = await makeDataFolder(t);
  const killed = await spawnEngineOwner(dataDir);
  await execute(killed.connection, "create table kept as select 1 as row");
  await killed.end("SIGKILL");

  const next = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => next.stop());
  assert.notEqual(next.pid, killed.pid);
  await execute(next.connection, "insert into kept values (2)");
  await next.stop();
  assert.deepEqual((await readdir(dataDir)).sort(), ["postgres", "postgres.log"]);
});

test("the engine of a killed service ends without a next start", { timeout: 60_000 }, async (t) => {
  const dataDir = await makeDataFolder(t);
  const killed = await spawnEngineOwner(dataDir);
  await killed.end("SIGKILL");
  const cluster = join(dataDir, "postgres");
  await untilListed(cluster, (names) => (names.includes("postmaster.pid") ? undefined : "gone"));
});

test("an engine left alive, its watcher killed too, is stopped by the next start", { skip: noProc }, async (t) => {
  const dataDir = await makeDataFolder(t);
  const killed = await spawnEngineOwner(dataDir);
  await execute(killed.connection, "create table kept as select 1 as row");
  const watchers = await sessionMembers(killed.pid, "sh");
  assert.equal(watchers.length, 1);
  for (const pid of watchers) process.kill(pid, "SIGKILL");
  await killed.end("SIGKILL");
  assert.ok(isAlive(killed.pid));

  const next = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => next.stop());
  await execute(next.connection, "insert into kept values (2)");
});

test("an engine killed with SIGKILL is reported, and the next start recovers its data", async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  await execute(engine.connection, "create table kept as select 1 as row");
  process.kill(engine.pid, "SIGKILL");
  await engine.stop();
  assert.deepEqual(await engine.exited, { exitCode: null, signal: "SIGKILL" });

  const next = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => next.stop());
  await execute(next.connection, "insert into kept values (2)");
});

test("the pid of a crashed engine, in use by another process, does not keep the next from starting", async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  const file = join(dataDir, "postgres", "postmaster.pid");
  const text = await readFile(file, "utf8");
  await engine.stop();
  // PostgreSQL takes only processes of its own user for another engine.
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const bystander = spawn("tail", ["-f", "/dev/null"], { ...account, cwd: "/", stdio: "ignore" });
  t.after(() => bystander.kill());
  await once(bystander, "spawn");
  await writeFile(file, text.replace(/^\d+/, String(bystander.pid)));

  const next = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => next.stop());
  assert.equal(bystander.exitCode, null);
});

test("a service killed while it makes the data folder leaves nothing half-made", async (t) => {
  const dataDir = await makeDataFolder(t);
  const child = spawnOwnerProcess(dataDir);
  const ended = once(child, "exit");
  const made = await untilListed(dataDir, (names) => names.find((name) => name.startsWith("postgres.new.")));
  await untilListed(join(dataDir, made), (names) => names.find((name) => name === "base"));
  child.kill("SIGKILL");
  await ended;
  assert.ok(!(await readdir(dataDir)).includes("postgres"));

  const next = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => next.stop());
  await execute(next.connection, "create table works ()");
});

test("Ctrl-C reaches the service alone, so that it can drain with the engine still there", {
  skip: noProc,
}, async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => engine.stop());
  assert.equal(await sessionOf(engine.pid), engine.pid);
});

// Fields of /proc/<pid>/stat after the command, which may hold spaces: state, parent, group, session, ...
async function sessionOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[3]);
}

async function sessionMembers(session: number, command: string): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger);
  const found: number[] = [];
  for (const pid of pids) {
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    if (name.trim() === command && (await sessionOf(pid)) === session) found.push(pid);
  }
  return found;
}

// Looks at the names in a folder, now and at each change, until they give an answer.
async function untilListed<T>(folder: string, look: (names: string[]) => T | undefined): Promise<T> {
  const watcher = watch(folder);
  const changes = on(watcher, "change");
  try {
    for (;;) {
      const answer = look(await readdir(folder));
      if (answer !== undefined) return answer;
      await changes.next();
    }
  } finally {
    watcher.close();
  }
}
