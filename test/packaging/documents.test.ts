import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createMetrics } from "../../src/metrics.ts";

const projectFolder = fileURLToPath(new URL("../../", import.meta.url));
const decisions = readdirSync(join(projectFolder, "docs/decisions")).filter((name) => /^\d{4}-.*\.md$/.test(name));
const documents = [
  "README.md",
  "models/README.md",
  ...readdirSync(join(projectFolder, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "docs/decisions/README.md",
  ...decisions.map((name) => `docs/decisions/${name}`),
];

describe("the documents", () => {
  for (const document of documents) {
    it(`${document} links to files that are there`, () => {
      const text = readFileSync(join(projectFolder, document), "utf8").replace(/^```[\s\S]*?^```/gm, "");
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
      const inside = links.filter((link) => !/^(https?:|#)/.test(link)).map((link) => link.replace(/#.*/, ""));
      const missing = inside.filter((link) => !existsSync(join(projectFolder, dirname(document), link)));
      assert.deepEqual(missing, []);
    });
  }

  it("docs/decisions/README.md lists every decision", () => {
    const index = readFileSync(join(projectFolder, "docs/decisions/README.md"), "utf8");
    assert.deepEqual(
      decisions.filter((name) => !index.includes(`(${name})`)),
      [],
    );
  });

  it("docs/operations.md lists every metric of the service with its labels, and no other", async () => {
    const text = readFileSync(join(projectFolder, "docs/operations.md"), "utf8");
    const listed = [...text.matchAll(/^\| `(lookalike_\w+)` \| ([^|]*)\|/gm)].map(([, name, labels = ""]) => ({
      name,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }));
    const metrics = createMetrics().registry.getMetricsAsArray();
    const own = metrics.flatMap((metric) =>
      metric.name.startsWith("lookalike_")
        ? [{ name: metric.name, labels: "labelNames" in metric ? (metric.labelNames as string[]) : [] }]
        : [],
    );
    assert.deepEqual(listed, own);
  });
});
