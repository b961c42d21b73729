import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { COMPAT_SURFACES } from "../../src/config.ts";

const projectFolder = fileURLToPath(new URL("../../", import.meta.url));
const testFolder = join(projectFolder, "test/compat");

/** A vendor's part of docs/compatibility.md. */
interface Section {
  readonly title: string;
  readonly text: string;
  /** Rows of the tables that name tests, by column. */
  readonly rows: readonly (readonly string[])[];
}

function readSections(): Section[] {
  const [, ...parts] = readFileSync(join(projectFolder, "docs/compatibility.md"), "utf8").split(/^## /m);
  return parts.map((text) => ({ title: text.split("\n", 1)[0] ?? "", text, rows: readRows(text) }));
}

function readRows(text: string): string[][] {
  const tables = [...text.matchAll(/^\|.*\|\s*test\s*\|\n\|[-| ]+\|\n((?:\|.*\n)+)/gim)];
  return tables.flatMap(([, rows = ""]) => rows.trimEnd().split("\n").map(readCells));
}

function readCells(row: string): string[] {
  const cells = row.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim());
}

/** What the last cell of a row names, without what it says of it in brackets. */
function namesIn(cell: string): string[] {
  return cell
    .replaceAll(/\([^)]*\)|`/g, "")
    .split(/[,;]/)
    .map((name) => name.trim());
}

/** The file of this name, with or without what the section's names leave out; null where there is none. */
function findFile(name: string): string | null {
  const files = [name, `${name}.test.ts`, `sightengine-${name}.test.ts`];
  return files.find((file) => file.endsWith(".test.ts") && existsSync(join(testFolder, file))) ?? null;
}

/** Titles of the tests in the files that a section speaks of. */
function titlesOf({ text }: Section): string[] {
  const files = new Set([...text.matchAll(/[\w./-]+\.test\.ts/g)].map(([file]) => file));
  return [...files].flatMap((file) => {
    const source = readFileSync(join(testFolder, file), "utf8");
    return [...source.matchAll(/\bit\(\s*"([^"]+)"/g)].map(([, title = ""]) => title);
  });
}

describe("docs/compatibility.md", () => {
  const sections = readSections();

  it("has a part for every vendor surface", () => {
    assert.equal(sections.length, COMPAT_SURFACES.length);
  });

  for (const section of sections) {
    it(`names a test that there is for every row of ${section.title}`, () => {
      assert.ok(section.rows.length >= 3, `${section.rows.length} rows`);
      const titles = titlesOf(section);
      let before = "";
      for (const cells of section.rows) {
        assert.equal(cells.length, 3, cells.join(" | "));
        const [endpoint = "", state = "", last = ""] = cells;
        assert.match(state, /^\**(works|partly|not)\b/, endpoint);
        const cell = last.startsWith("the same") ? before : last;
        before = cell;
        for (const name of namesIn(cell)) {
          const isThere = name !== "" && (findFile(name) !== null || titles.some((title) => title.includes(name)));
          assert.ok(isThere, `${endpoint}: no test is called "${name}"`);
        }
      }
    });
  }
});
