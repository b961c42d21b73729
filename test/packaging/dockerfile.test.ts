import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runHealthCommand } from "./health-command.ts";

const projectFolder = fileURLToPath(new URL("../../", import.meta.url));
const read = (name: string) => readFileSync(projectFolder + name, "utf8");

/** Instruction and rest, lines joined, comments left out. */
const instructions = read("Dockerfile")
  .replace(/^\s*#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    return name && rest ? [{ name, rest }] : [];
  });
const lastStage = instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));
const last = (name: string) => lastStage.findLast((each) => each.name === name)?.rest ?? "";

describe("Dockerfile", () => {
  it("has the same Node in every stage, one that package.json allows", () => {
    const bases = new Set(instructions.filter(({ name }) => name === "FROM").map(({ rest }) => rest.split(" ")[0]));
    assert.equal(bases.size, 1);
    const major = Number(/^node:(\d+)-slim$/.exec([...bases][0] ?? "")?.[1]);
    const oldest = Number(/^>=(\d+)/.exec(JSON.parse(read("package.json")).engines.node)?.[1]);
    assert.ok(major >= oldest);
  });

  it("copies from the project only what is there and what .dockerignore lets through", () => {
    const sent = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copies = instructions.filter(({ name, rest }) => name === "COPY" && !rest.startsWith("--from="));
    const sources = copies.flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    for (const source of sources) {
      assert.ok(existsSync(projectFolder + source), source);
      assert.ok(
        sent.some((path) => source === path || source.startsWith(`${path}/`)),
        source,
      );
    }
  });

  it("ships the migrations and the default model with its licence", () => {
    const copied = lastStage.filter(({ name }) => name === "COPY").map(({ rest }) => rest);
    const manifest = JSON.parse(read("models/manifest.json")) as {
      models: { file: string; sidecar: string; licenceFile: string }[];
    };
    assert.ok(copied.includes("migrations ./migrations"));
    for (const { file, sidecar, licenceFile } of manifest.models) {
      for (const name of [file, sidecar, licenceFile]) {
        assert.ok(
          copied.some((rest) => rest.split(" ").includes(`models/${name}`)),
          name,
        );
      }
    }
  });

  it("runs as the ordinary user of the base image, Node itself taking the signals", () => {
    assert.equal(last("USER"), "node");
    assert.deepEqual(JSON.parse(last("CMD")), ["node", "dist/main.js"]);
  });

  it("calls the container healthy while the service answers, and only then", async () => {
    const [program = "", ...args] = JSON.parse(/CMD (\[.*\])$/.exec(last("HEALTHCHECK"))?.[1] ?? "[]") as string[];
    const command = () => [program, ...args];
    assert.deepEqual(await runHealthCommand(200, command), { exitCode: 0, path: "/healthz" });
    assert.deepEqual(await runHealthCommand(503, command), { exitCode: 1, path: "/healthz" });
    assert.deepEqual(await runHealthCommand(null, command), { exitCode: 1, path: null });
  });

  it("leaves the optional packages in: sharp's libraries are among them", () => {
    const installs = instructions.filter(({ name, rest }) => name === "RUN" && rest.includes("npm ci"));
    assert.equal(installs.length, 2);
    for (const { rest } of installs) assert.doesNotMatch(rest, /--(omit=optional|no-optional)/);
  });
});
