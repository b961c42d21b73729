import type { Socket } from "node:net";
import sharp from "sharp";
import type { WorkerPool } from "../../src/worker/pool.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type FaultyPostgres, startFaultyPostgres } from "./faulty-postgres.ts";
import { type ImageOrigin, startImageOrigin } from "./image-origin.ts";
import { detailedPicture } from "./pictures.ts";
import { ask, check } from "./requests.ts";
import { startService, type TestService } from "./service.ts";

/** A service whose database fails on demand, with something in it to ask for. */
export interface FaultyService {
  readonly service: TestService;
  readonly proxy: FaultyPostgres;
  /** The same database, past the proxy. */
  readonly database: TestDatabase;
  /** Of an app, without a limit. */
  readonly app: { readonly id: string; readonly key: string };
  /** Was checked before. */
  readonly known: Buffer;
  /** In the list `banned`; its bytes were checked before. */
  readonly banned: Buffer;
  /** Of `banned`. */
  readonly hashes: Readonly<Record<"sha1" | "sha256" | "md5" | "pdq" | "blockhash", string>>;
  /** The picture in bytes nobody has sent yet, made from a word. */
  fresh(picture: Buffer, word: string): Buffer;
  /** Where `fresh(known, word)` is served; with `banned-` before the word, `banned`. */
  imageUrl(word: string): string;
  close(): Promise<void>;
}

export const POOL_SIZE = 4;
const SEARCH_POOL_SIZE = 4;
/** Connections that requests may have open at one time. */
export const MOST_CONNECTIONS = POOL_SIZE + SEARCH_POOL_SIZE;

/** @param workers to share; by default it has its own */
export async function startFaultyService(workers?: WorkerPool): Promise<FaultyService> {
  const database = await createTestDatabase({ poolSize: 1 });
  const proxy = await startFaultyPostgres(database.url);
  const service = await startService({
    databaseUrl: proxy.url,
    config: { databasePoolSize: POOL_SIZE, hotIndexMb: 0, freeCallsPerDay: 1_000_000, allowPrivateUrls: true },
    ...(workers !== undefined && { workers }),
  });
  const known = await jpegOf(7001);
  const banned = await jpegOf(7002);
  const origin = await startImageOrigin((path, socket) => {
    const word = path.slice(1);
    serve(socket, withComment(word.startsWith("banned-") ? banned : known, word));
  });
  await expectStatus(201, ask(service, "POST", "/v1/lists", { body: { name: "banned" } }));
  // Bans that the requests under test make: they must not make matches of other requests.
  await expectStatus(201, ask(service, "POST", "/v1/lists", { body: { name: "scratch", enabled: false } }));
  await expectStatus(201, ask(service, "POST", "/v1/lists/banned/entries", { body: banned }));
  await expectStatus(200, check(service, known));
  const { body } = await expectStatus(200, check(service, banned));
  const { sha1, sha256, md5, pdq, blockhash } = body.fingerprint;
  return {
    service,
    proxy,
    database,
    app: await service.createKey({ name: "app" }),
    known,
    banned,
    hashes: { sha1, sha256, md5, pdq, blockhash },
    fresh: withComment,
    imageUrl: (word) => urlOf(origin, word),
    async close() {
      proxy.heal();
      await service.close();
      await proxy.close();
      await origin.close();
      await database.drop();
    },
  };
}

async function jpegOf(seed: number): Promise<Buffer> {
  return await sharp(await detailedPicture(seed, 320, 240))
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** The JPEG with a comment behind its first marker: other bytes, the same picture. */
function withComment(jpeg: Buffer, word: string): Buffer {
  const text = Buffer.from(word);
  const head = Buffer.from([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}

function serve(socket: Socket, bytes: Buffer): void {
  socket.write(
    `HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`,
  );
  socket.end(bytes);
}

function urlOf({ port }: ImageOrigin, word: string): string {
  return `http://127.0.0.1:${port}/${word}`;
}

async function expectStatus<Answer extends { status: number; body: unknown }>(
  status: number,
  asking: Promise<Answer>,
): Promise<Answer> {
  const answer = await asking;
  if (answer.status !== status) throw new Error(`Expected ${status} but received ${JSON.stringify(answer)}`);
  return answer;
}
