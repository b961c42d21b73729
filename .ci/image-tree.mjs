// node .ci/image-tree.mjs <folder>
// Carries out the Dockerfile without a Docker engine: every COPY and RUN of every stage, in folders under <folder>, with
// this machine's Node. The last stage's tree is then in <folder>/image. What it can't carry out is an error.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const context = fileURLToPath(new URL("..", import.meta.url));
const out = resolve(process.argv[2] ?? "");
if (process.argv[2] === undefined) throw new Error("Expected a folder to work in but received none");

const ignoreRules = readFileSync(join(context, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => ({ keep: line.startsWith("!"), path: line.replace(/^!/, "") }));

/** The last rule that covers a path decides, as docker build has it. */
function isSent(path) {
  const rule = ignoreRules.findLast((each) => each.path === "*" || path === each.path || path.startsWith(`${each.path}/`));
  return rule === undefined || rule.keep;
}

const instructions = readFileSync(join(context, "Dockerfile"), "utf8")
  .replace(/^\s*#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => /^(\w+)\s+(.*)$/.exec(line)?.slice(1) ?? [line, ""]);

const last = instructions.findLastIndex(([name]) => name === "FROM");
const stages = new Map();
let stage;

const steps = {
  FROM(rest, index) {
    const name = / AS (\S+)$/.exec(rest)?.[1] ?? "unnamed";
    stage = { root: join(out, index === last ? "image" : `stage-${name}`), folder: "/", environment: {} };
    mkdirSync(stage.root, { recursive: true });
    stages.set(name, stage);
  },
  WORKDIR(rest) {
    stage.folder = rest;
    mkdirSync(join(stage.root, rest), { recursive: true });
  },
  ENV(rest) {
    for (const pair of rest.split(/\s+/)) {
      const [name, value] = pair.split("=");
      stage.environment[name] = value;
    }
  },
  COPY(rest) {
    const from = /^--from=(\S+)\s+/.exec(rest)?.[1];
    const parts = rest.replace(/^--from=\S+\s+/, "").split(/\s+/);
    const target = parts.pop();
    const to = join(stage.root, stage.folder, target);
    for (const part of parts) {
      const source = from === undefined ? join(context, part) : join(stages.get(from).root, part);
      if (!existsSync(source) || (from === undefined && !isSent(part))) {
        throw new Error(`Expected ${part} in ${from ?? "the build context"} but it is not there: COPY ${rest}`);
      }
      const filter = (path) => from !== undefined || isSent(relative(context, path));
      cpSync(source, target.endsWith("/") ? join(to, basename(part)) : to, { recursive: true, filter, verbatimSymlinks: true });
    }
  },
  RUN(rest) {
    process.stdout.write(`RUN ${rest}\n`);
    execFileSync("/bin/sh", ["-c", rest], {
      cwd: join(stage.root, stage.folder),
      env: { ...process.env, ...stage.environment },
      stdio: ["ignore", "inherit", "inherit"],
    });
  },
  // Told to the engine, nothing to carry out.
  USER() {},
  EXPOSE() {},
  HEALTHCHECK() {},
  CMD() {},
};

for (const [index, [name, rest]] of instructions.entries()) {
  const step = steps[name];
  if (step === undefined) throw new Error(`Expected one of ${Object.keys(steps).join(", ")} but received ${name}`);
  step(rest, index);
}
