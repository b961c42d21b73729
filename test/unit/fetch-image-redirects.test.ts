import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type FetchImageOptions, fetchImage } from "../../src/image/fetch-image.ts";
import { fetchFailure, LOCAL_FETCH } from "../support/fetch-failure.ts";
import { httpAnswer, listenOnLoopback, recordingDial, startImageOrigin } from "../support/image-origin.ts";

/** The public address behind which the tests' origin stands. */
const PUBLIC = "93.184.216.34";

const origin = await startImageOrigin((path, socket) => {
  const { pathname, searchParams } = new URL(path, "http://origin.test");
  const [, kind, argument] = pathname.split("/");
  const to = searchParams.get("to");
  if (kind === "r") socket.end(httpAnswer(Number(argument), [`Location: ${to}`]));
  else if (kind === "chain" && argument !== "0") {
    socket.end(httpAnswer(302, [`Location: /chain/${Number(argument) - 1}`]));
  } else if (kind === "loop") socket.end(httpAnswer(302, ["Location: /loop"]));
  else socket.end(httpAnswer(200, ["Refresh: 0; url=http://127.0.0.1/"], "picture"));
});
/** Stands where anything but the origin's address would lead. */
const tripwire = await listenOnLoopback((socket) => socket.end(httpAnswer(200, [], "inside secret")));
after(async () => {
  await origin.close();
  await tripwire.close();
});

function guarded(resolve: NonNullable<FetchImageOptions["resolve"]> = async () => [PUBLIC]) {
  const { dial, dialled } = recordingDial((address) => (address === PUBLIC ? origin.port : tripwire.port));
  const options: FetchImageOptions = {
    ...LOCAL_FETCH,
    allowPrivateUrls: false,
    resolve,
    dial,
  };
  return { options, dialled };
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} to an inside address, an inside name or another port is refused before any connection`, async () => {
    const targets = ["http://127.0.0.1/", "http://0/", "http://[::1]/", "//169.254.169.254/", "http://metadata/"];
    for (const target of [...targets, "http://93.184.216.34:6379/", "https://10.0.0.1/"]) {
      const { options, dialled } = guarded();
      await fetchFailure(`http://photos.test/r/${status}?to=${encodeURIComponent(target)}`, options, "url_forbidden");
      assert.deepEqual(dialled, [PUBLIC]);
    }
    assert.equal(tripwire.connections(), 0);
  });
}

test("a redirect to another scheme, or to a URL with credentials, is refused", async () => {
  for (const target of ["file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "data:,x", "http://a:b@photos.test/"]) {
    const { options, dialled } = guarded();
    await fetchFailure(`http://photos.test/r/302?to=${encodeURIComponent(target)}`, options, "url_forbidden");
    assert.equal(dialled.length, 1);
  }
});

test("a redirect to a name with an inside address is refused", async () => {
  const { options, dialled } = guarded(async (name) => [name === "photos.test" ? PUBLIC : "10.0.0.5"]);
  const error = await fetchFailure("http://photos.test/r/302?to=http://inside.test/", options, "url_forbidden");
  assert.doesNotMatch(error.message, /10\.0\.0\.5|inside\.test/);
  assert.deepEqual(dialled, [PUBLIC]);
});

test("three redirects are followed, a fourth is not", async () => {
  const three = guarded();
  assert.equal((await fetchImage("http://photos.test/chain/3", three.options)).finalUrl, "http://photos.test/chain/0");
  assert.equal(three.dialled.length, 4);
  const four = guarded();
  await fetchFailure("http://photos.test/chain/4", four.options, "url_unreachable");
  assert.equal(four.dialled.length, 4);
});

test("a redirect loop ends after four requests", async () => {
  const { options, dialled } = guarded();
  await fetchFailure("http://photos.test/loop", options, "url_unreachable");
  assert.equal(dialled.length, 4);
});

test("a Refresh header is not followed", async () => {
  const { options, dialled } = guarded();
  assert.equal((await fetchImage("http://photos.test/refresh", options)).bytes.toString(), "picture");
  assert.equal(dialled.length, 1);
});

test("one inside address among a name's answers refuses the name, wherever it stands", async () => {
  const many = Array.from({ length: 199 }, (_, i) => `93.184.216.${i + 1}`);
  for (const answers of [
    ["10.0.0.5", PUBLIC],
    [PUBLIC, "::ffff:169.254.169.254"],
    [...many, "127.0.0.1"],
  ]) {
    const { options, dialled } = guarded(async () => answers);
    await fetchFailure("http://photos.test/", options, "url_forbidden");
    assert.deepEqual(dialled, []);
  }
});

test("a name with two hundred dead addresses is knocked on at four of them", async () => {
  const answers = Array.from({ length: 100 }, (_, i) => [`93.184.217.${i}`, `2606:4700::${i}`]).flat();
  const dead = await listenOnLoopback(() => {});
  await dead.close();
  const { dial, dialled } = recordingDial(() => dead.port);
  const { options } = guarded(async () => answers);
  await fetchFailure("http://photos.test/", { ...options, dial }, "url_unreachable");
  assert.deepEqual(dialled, ["93.184.217.0", "2606:4700::0", "93.184.217.1", "2606:4700::1"]);
});

test("a hop's name is looked up once, and the address dialled is the one that was looked up", async () => {
  const lookUps: string[] = [];
  const { options, dialled } = guarded(async (name) => {
    lookUps.push(name);
    return [PUBLIC];
  });
  await fetchImage("http://photos.test/r/302?to=http://other.test/", options);
  assert.deepEqual(lookUps, ["photos.test", "other.test"]);
  assert.deepEqual(dialled, [PUBLIC, PUBLIC]);
});

test("a URL's own port may be 80 or 443 whatever its scheme, and no other", async () => {
  for (const port of ["", ":80", ":443"]) {
    const { options } = guarded();
    assert.equal((await fetchImage(`http://photos.test${port}/`, options)).bytes.toString(), "picture");
  }
  for (const port of [":0", ":22", ":8080", ":65535"]) {
    const { options, dialled } = guarded();
    await fetchFailure(`http://photos.test${port}/`, options, "url_forbidden");
    assert.deepEqual(dialled, []);
  }
});

test("a URL that isn't http or https, has credentials or a malformed host is malformed, private URLs allowed or not", async () => {
  const urls = [
    "",
    "photo.jpg",
    "ftp://photos.test/",
    "file:///etc/passwd",
    "http://a@photos.test/",
    "http://:b@photos.test/",
  ];
  const hosts = [
    `${"a".repeat(64)}.test`,
    "a..test",
    "photos.test..",
    "-a.test",
    "a!b.test",
    `${"a.".repeat(127)}test`,
  ];
  for (const url of [...urls, ...hosts.map((host) => `http://${host}/`), `http://photos.test/${"a".repeat(8192)}`]) {
    for (const allowPrivateUrls of [false, true]) {
      const { options, dialled } = guarded();
      await fetchFailure(url, { ...options, allowPrivateUrls }, "url_malformed");
      assert.deepEqual(dialled, []);
    }
  }
});
