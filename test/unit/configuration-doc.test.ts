import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Config, readConfig, SETTING_NAMES } from "../../src/config.ts";

const projectFolder = new URL("../../", import.meta.url);

interface Row {
  readonly name: string;
  /** As it stands in the table, backticks included where it is a value. */
  readonly fallback: string;
  readonly example: string;
}

/** The rows of every table of docs/configuration.md whose first column is "setting". */
const rows: Row[] = readFileSync(new URL("docs/configuration.md", projectFolder), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, name, fallback, example] = /^\| `([A-Z_]+)` \| ([^|]+) \| `([^|`]+)` \| [^|]+ \|$/.exec(line) ?? [];
    return name && fallback && example ? [{ name, fallback, example }] : [];
  });

/** What a documented default means when it is given. */
function given({ name, fallback }: Row): string {
  if (fallback === "number of cores") return String(availableParallelism());
  const [, value] = /^`([^`]+)`$/.exec(fallback) ?? [];
  assert.ok(value, `${name}: expected a value in backticks but found ${fallback}`);
  return name === "MODEL_PATH" ? fileURLToPath(new URL(value, projectFolder)) : value;
}

function property(name: string): keyof Config {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof Config;
}

describe("docs/configuration.md", () => {
  it("lists every setting once and no other", () => {
    assert.deepEqual(rows.map((row) => row.name).sort(), [...SETTING_NAMES].sort());
  });

  for (const row of rows) {
    it(`tells the default of ${row.name}`, () => {
      const config = readConfig({});
      if (row.fallback === "not set") assert.equal(config[property(row.name)], null);
      else assert.deepEqual(readConfig({ [row.name]: given(row) }), config);
    });

    it(`has an example for ${row.name} that can be used and is not the default`, () => {
      // Where the machine has as many cores as the example, the two agree.
      const config = readConfig({ WORKERS: "1" });
      assert.notDeepEqual(readConfig({ WORKERS: "1", [row.name]: row.example }), config);
    });
  }
});
