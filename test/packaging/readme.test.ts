import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { detailedPicture } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

const run = promisify(execFile);
const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const withoutCurl = spawnSync("curl", ["--version"]).error !== undefined;

/** The commands of README.md that ask a running service, in their order. */
const blocks = readFileSync(join(projectFolder, "README.md"), "utf8")
  .split("```")
  .filter((block) => block.startsWith("sh\n") && block.includes("curl "))
  .map((block) => block.slice("sh\n".length));

// As the reader types them, one block after the other, in a folder with a photo and the project's packages.
describe("the commands of README.md", { skip: withoutCurl && "there is no curl" }, () => {
  let service: TestService;
  let origin: Server;
  let folder: string;
  const outputs: string[] = [];
  const variables: Record<string, string> = {};

  before(async () => {
    service = await startService();
    folder = await mkdtemp(join(tmpdir(), "lookalike-readme-"));
    await symlink(join(projectFolder, "node_modules"), join(folder, "node_modules"));
    const jpeg = async (seed: number) =>
      await sharp(await detailedPicture(seed, 1200, 900))
        .jpeg()
        .toBuffer();
    await writeFile(join(folder, "photo.jpg"), await jpeg(1));
    const other = await jpeg(2);
    origin = createServer((_, response) => response.end(other)).listen(0, "127.0.0.1");
    await new Promise((resolve) => origin.once("listening", resolve));
  });
  after(async () => {
    await service?.close();
    origin?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Only the addresses differ from what README.md says. */
  async function type(block: string): Promise<string> {
    const here = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
    const command = block.replaceAll("http://127.0.0.1:8080", service.url).replaceAll("https://example.com", here);
    // A failed answer shall end the command.
    const script = `curl() { command curl --fail-with-body --silent --show-error --max-time 60 "$@"; }\nset -eu\n${command}`;
    const env = { ...process.env, LOOKALIKE_KEY: service.adminKey, ...variables };
    return (await run("bash", ["-c", script], { cwd: folder, env })).stdout;
  }

  function outputOf(text: string): string {
    const index = blocks.findIndex((block) => block.includes(text));
    assert.notEqual(index, -1, `README.md has no command with ${text}`);
    return outputs[index] ?? "";
  }

  for (const [index, block] of blocks.entries()) {
    it(`works: ${block.split("\n")[0]} (${index + 1} of ${blocks.length})`, async () => {
      outputs[index] = await type(block);
      const id = /"id":"(key_\w+)"/.exec(outputs[index])?.[1];
      const secret = /"secret":"(\w+)"/.exec(outputs[index])?.[1];
      if (id !== undefined) variables.KEY_ID = id;
      if (secret !== undefined) variables.KEY_SECRET = secret;
    });
  }

  it("have the shrunk copy of a banned picture blocked, by its looks", () => {
    const { verdict, matches } = JSON.parse(outputOf("copy.jpg"));
    assert.deepEqual([verdict, matches[0].list, matches[0].entry_id], ["block", "banned", "ent_1"]);
    assert.ok(["pdq", "blockhash"].includes(matches[0].hash));
  });

  it("lift that very ban", async () => {
    const answer = await service.request("/v1/lists/banned/entries/ent_1");
    assert.equal(((await answer.json()) as { enabled: boolean }).enabled, false);
  });

  it("have the look-up of an uploaded picture's hash known", () => {
    assert.equal(JSON.parse(outputOf("/v1/hashes/sha1/")).known, true);
  });

  it("have the call for Sightengine answered with success, and charged to the app's key", () => {
    const { status, request } = JSON.parse(outputOf("/1.0/check.json").split("\n", 1)[0] ?? "");
    assert.deepEqual([status, request.operations], ["success", 1]);
  });

  it("have a profile removed by its name", () => {
    const { action, name } = JSON.parse(outputOf("/v1/profiles/check"));
    assert.deepEqual([action, name.matches[0].pattern], ["remove", "paypal*support"]);
  });

  it("have both calls for nsfw-categorize.it answered OK", () => {
    assert.equal(outputOf("/api/upload").match(/"status":"OK"/g)?.length, 2);
  });
});
