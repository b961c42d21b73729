import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { missingProgram } from "../support/debian-program.ts";
import { fixturePath } from "../support/fixtures.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { seeded } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

const PYTHON = "/usr/bin/python3";
const run = promisify(execFile);
const client = (name: string) => fileURLToPath(new URL(`./clients/${name}`, import.meta.url));
const missingRequests = missingProgram(PYTHON) || missingProgram("/usr/lib/python3/dist-packages/requests");
const missingFlask = missingRequests || missingProgram("/usr/lib/python3/dist-packages/flask");
const missingCurl = missingProgram("/usr/bin/curl");

let service: TestService;
let origin: PictureOrigin;
let folder: string;
let key: { id: string; key: string; secret: string };
before(async () => {
  service = await startService();
  origin = await startPictureOrigin();
  folder = await mkdtemp(join(tmpdir(), "lookalike-imagga-"));
  key = await service.createKey({ name: "imagga" });
});
after(async () => {
  await origin.close();
  await service.close();
  await rm(folder, { recursive: true });
});

/** A folder with the pictures that the model knows, a file that is no picture, and one whose name the programs pass over. */
async function pictureFolder(name: string): Promise<string> {
  const source = join(folder, name);
  await mkdir(source);
  for (const label of ["Porn", "Sexy", "Neutral"]) await copyFile(fixturePath(label), join(source, `${label}.png`));
  await writeFile(join(source, "broken.jpg"), "this is no picture");
  await writeFile(join(source, "notes.txt"), "nor is this");
  return source;
}

interface Category {
  readonly name: string | { readonly en: string };
  readonly confidence: number;
}

async function readResults(target: string): Promise<Record<string, Record<string, unknown>>> {
  const results: Record<string, Record<string, unknown>> = {};
  for (const name of await readdir(target)) results[name] = JSON.parse(await readFile(join(target, name), "utf8"));
  return results;
}

/** Starts one of the Flask pages, posts its form as a browser does, and reads the JSON that it shows. */
async function postForm(program: string, endpoint: string, imageUrl: string): Promise<Record<string, unknown>> {
  const page: ChildProcess = spawn(PYTHON, [client(program), endpoint, key.id, key.secret], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const { stdout } = page;
    if (stdout === null) throw new Error("The page has no output");
    const [line] = await once(stdout, "data");
    const url = `http://127.0.0.1:${Number(String(line))}/`;
    assert.match(await (await fetch(url)).text(), /<form action="" method="POST">/);
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ image_url: imageUrl }) });
    const html = await answer.text();
    assert.equal(answer.status, 200, html);
    return JSON.parse(/<pre>(.*)<\/pre>/s.exec(html)?.[1] ?? "null");
  } finally {
    page.kill();
    await once(page, "exit");
  }
}

describe("Imagga's batch programs", { skip: missingRequests }, () => {
  it("v2: uploads and categorizes each picture of a folder, and goes on after one that is none", async () => {
    const target = join(folder, "v2-out");
    const source = await pictureFolder("v2-in");
    const { stdout } = await run(PYTHON, [
      client("imagga_v2_batch.py"),
      `${service.url}/v2`,
      key.id,
      key.secret,
      source,
      target,
    ]);
    assert.match(stdout, /Done/);
    const results = await readResults(target);
    assert.deepEqual(Object.keys(results).sort(), [
      "result_Neutral.png.json",
      "result_Porn.png.json",
      "result_Sexy.png.json",
      "result_broken.jpg.json",
    ]);
    for (const [label, expected] of [
      ["Porn", "nsfw"],
      ["Sexy", "underwear"],
      ["Neutral", "safe"],
    ]) {
      const { result, status } = results[`result_${label}.png.json`] as {
        result: { categories: Category[] };
        status: unknown;
      };
      assert.deepEqual(status, { type: "success", text: "" });
      assert.deepEqual(result.categories[0]?.name, { en: expected }, label);
      const confidences = result.categories.map(({ confidence }) => confidence);
      assert.deepEqual(
        confidences,
        confidences.toSorted((left, right) => right - left),
      );
    }
    const { status, ...rest } = results["result_broken.jpg.json"] ?? {};
    assert.equal((status as { type?: string }).type, "error");
    assert.deepEqual(rest, {}, "an error has no result");
  });

  it("v1: uploads under a field called like the file, and reads results and unsuccessful", async () => {
    const target = join(folder, "v1-out");
    const source = await pictureFolder("v1-in");
    await run(PYTHON, [client("imagga_v1_batch.py"), `${service.url}/v1`, key.id, key.secret, source, target]);
    const results = await readResults(target);
    for (const [label, expected] of [
      ["Porn", "nsfw"],
      ["Sexy", "underwear"],
      ["Neutral", "safe"],
    ]) {
      const found = results[`result_${label}.png.json`] as { results: { image: string; categories: Category[] }[] };
      assert.deepEqual(Object.keys(found), ["results"], "unsuccessful is absent");
      assert.match(found.results[0]?.image ?? "", /^[0-9a-f]{32}$/);
      assert.equal(found.results[0]?.categories[0]?.name, expected, label);
    }
    const broken = results["result_broken.jpg.json"] as { results: unknown[]; unsuccessful: { reason: string }[] };
    assert.deepEqual(broken.results, []);
    assert.equal(broken.unsuccessful[0]?.reason, "An error prevented image from being categorized. Please try again.");
  });
});

describe("Imagga's Flask pages", { skip: missingFlask }, () => {
  it("v2: shows the categories of a URL whose own query was cut off at its first &, as it is at the vendor's", async () => {
    const url = origin.serve("/page.png?x=1", await readFile(fixturePath("Neutral")));
    const shown = await postForm("imagga_v2_page.py", `${service.url}/v2/categories/nsfw_beta`, `${url}&y=2`);
    const { categories } = shown.result as { categories: Category[] };
    assert.deepEqual(categories[0]?.name, { en: "safe" });
    assert.deepEqual(
      origin.asked.filter((path) => path.startsWith("/page.png")),
      ["/page.png?x=1"],
    );
  });

  it("v1: shows the results of a URL, named as it was typed", async () => {
    const url = origin.serve("/page.png", await readFile(fixturePath("Porn")));
    const shown = await postForm("imagga_v1_page.py", `${service.url}/v1`, url);
    const [result] = shown.results as { image: string; categories: Category[] }[];
    assert.equal(result?.image, url);
    assert.equal(result?.categories[0]?.name, "nsfw");
    assert.equal("unsuccessful" in shown, false);
  });
});

describe("curl, as Imagga's documentation shows it", { skip: missingCurl }, () => {
  async function curl(...args: string[]): Promise<{ http: number; type: string; body: Record<string, unknown> }> {
    const { stdout } = await run("curl", ["-s", "-w", "\n%{http_code} %{content_type}", ...args]);
    const [json = "", written = ""] = stdout.split(/\n(?=\d+ [^\n]*$)/);
    const [http, ...type] = written.split(" ");
    return { http: Number(http), type: type.join(" "), body: JSON.parse(json) };
  }

  it("posts a file by --user and -F, large base64 in a multipart and a URL-encoded form", async () => {
    const random = seeded(7001);
    const noise = Buffer.from(Array.from({ length: 900 * 700 * 3 }, () => Math.floor(random() * 256)));
    const picture = await sharp(noise, { raw: { width: 900, height: 700, channels: 3 } })
      .png()
      .toBuffer();
    const path = join(folder, "curl.png");
    const textPath = join(folder, "curl.b64");
    await writeFile(path, picture);
    await writeFile(textPath, picture.toString("base64"));
    assert.ok(picture.length > 1024 * 1024, "larger than a text body of the native API may be");
    const user = ["--user", `${key.id}:${key.secret}`];
    const url = `${service.url}/v2/categories/nsfw_beta`;
    const answers = [
      await curl(...user, "-F", `image=@${path}`, url),
      await curl(...user, "-F", `image_base64=<${textPath}`, url),
      await curl(...user, "-F", `image_base64=@${textPath}`, url),
      await curl(...user, "--data-urlencode", `image_base64@${textPath}`, url),
    ];
    for (const answer of answers) {
      assert.deepEqual([answer.http, answer.type], [200, "application/json"], JSON.stringify(answer.body));
      assert.deepEqual(answer.body, answers[0]?.body);
    }
  });

  it("takes a whole key as the password", async () => {
    const { http, body } = await curl("--user", `any:${key.key}`, `${service.url}/v2/categorizers`);
    assert.equal(http, 200);
    assert.deepEqual((body.status as { type: string }).type, "success");
  });
});
