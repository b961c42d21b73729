import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { SETTING_NAMES } from "../../src/config.ts";
import { runHealthCommand } from "./health-command.ts";

const file = fileURLToPath(new URL("../../compose.yaml", import.meta.url));
const text = readFileSync(file, "utf8");

/** The lines of one service, without comments. */
function serviceText(name: string): string {
  const [, block] = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)+)`, "m").exec(text) ?? [];
  assert.ok(block, `compose.yaml has no service ${name}`);
  return block.replace(/^ *#.*\n/gm, "");
}

/** The command of compose: Docker's plugin or the program of its own; neither needs an engine for `config`. */
function findCompose(): readonly string[] | null {
  const candidates = [["docker", "compose"], ["docker-compose"]];
  return candidates.find(([program = "", ...args]) => spawnSync(program, [...args, "version"]).status === 0) ?? null;
}

const compose = findCompose();
const SECRETS = { POSTGRES_PASSWORD: "a$b@c/d e", ADMIN_KEY: "an-admin-key-for-this-test" };

function composeConfig(variables: Record<string, string>): { status: number | null; output: string } {
  const [program = "", ...args] = compose ?? [];
  const { status, stdout, stderr } = spawnSync(program, [...args, "--file", file, "config"], {
    // Elsewhere, so that no .env of the project's counts.
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, HOME: join(tmpdir(), "no-such-home"), COMPOSE_DISABLE_ENV_FILE: "1", ...variables },
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

describe("compose.yaml", () => {
  for (const name of ["lookalike", "postgres"]) {
    it(`checks the health of ${name}`, () => assert.match(serviceText(name), /^ {4}healthcheck:\n {6}test:/m));

    it(`takes from ${name} what it doesn't need: capabilities, new privileges, writing to its image`, () => {
      assert.match(serviceText(name), /^ {4}cap_drop:\n {6}- ALL\n/m);
      assert.match(serviceText(name), /^ {4}security_opt:\n {6}- no-new-privileges:true\n/m);
      assert.match(serviceText(name), /^ {4}read_only: true\n/m);
    });
  }

  it("starts the service once the database is healthy", () => {
    assert.match(serviceText("lookalike"), /depends_on:\n {6}postgres:\n {8}condition: service_healthy\n/);
  });

  it("publishes the service to this machine alone, and the database to nobody", () => {
    assert.match(serviceText("lookalike"), /^ {4}ports:\n {6}- "\$\{LOOKALIKE_BIND:-127\.0\.0\.1\}:[^\n]*\n {4}\w/m);
    assert.doesNotMatch(serviceText("postgres"), /^ {4}ports:/m);
  });

  it("keeps the data in a named volume", () => {
    assert.match(serviceText("postgres"), /^ {4}volumes:\n {6}- database:\/var\/lib\/postgresql\n/m);
    assert.match(text, /^volumes:\n {2}database:$/m);
  });

  it("has no default for a secret", () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|KEY|SECRET)\w*)([^}]*)\}/g)];
    assert.deepEqual([...new Set(secrets.map(([, name]) => name))].sort(), Object.keys(SECRETS).sort());
    for (const [whole, , rest = ""] of secrets) assert.ok(rest.startsWith(":?"), whole);
  });

  it("hands every setting on, but the data folder that an own database leaves without use", () => {
    const [, environment = ""] = /^ {4}environment:\n((?: {6}.*\n)+)/m.exec(serviceText("lookalike")) ?? [];
    const handed = [...environment.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
    const expected = [...SETTING_NAMES.filter((name) => name !== "DATA_DIR"), "PGPASSWORD"];
    assert.deepEqual(handed.sort(), expected.sort());
  });

  it("calls the service healthy when it is ready, and only then", async () => {
    const script = /- -e\n +- "(.*)"\n/.exec(serviceText("lookalike"))?.[1] ?? "";
    const command = (port: number) => ["node", "-e", script.replace(":8080/", `:${port}/`)];
    assert.deepEqual(await runHealthCommand(200, command), { exitCode: 0, path: "/readyz" });
    assert.deepEqual(await runHealthCommand(503, command), { exitCode: 1, path: "/readyz" });
    assert.deepEqual(await runHealthCommand(null, command), { exitCode: 1, path: null });
  });

  describe("as compose reads it", { skip: compose === null && "there is no docker compose" }, () => {
    it("is valid with both secrets", () => {
      const { status, output } = composeConfig(SECRETS);
      assert.equal(status, 0, output);
    });

    for (const name of Object.keys(SECRETS)) {
      it(`asks for ${name} where it is missing or empty`, () => {
        const { status, output } = composeConfig({ ...SECRETS, [name]: "" });
        assert.notEqual(status, 0);
        assert.match(output, new RegExp(`Set ${name}`));
      });
    }
  });
});
