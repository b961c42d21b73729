// Makes calls of the vendor's npm client and prints what it gives for each, as JSON.
// Standard input: {"user", "secret", "calls": [{"models"?, "method", "args"}]}. An argument {"bytesOf": path} stands for the
// bytes of a file, {"streamOf": path} for a stream of them.
const { createReadStream, readFileSync } = require("node:fs");
const sightengine = require("sightengine");

const { user, secret, calls } = JSON.parse(readFileSync(0, "utf8"));
const client = sightengine(user, secret);

function toArgument(value) {
  if (value === null || typeof value !== "object") return value;
  return value.bytesOf === undefined ? createReadStream(value.streamOf) : readFileSync(value.bytesOf);
}

async function run() {
  const answers = [];
  for (const { models, method, args } of calls) {
    if (models !== undefined) client.check(models);
    const answer = await client[method](...args.map(toArgument));
    answers.push(answer instanceof Error ? { thrown: String(answer) } : answer);
  }
  process.stdout.write(JSON.stringify(answers));
}

run();
