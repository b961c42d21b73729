import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { AppError, type ErrorCode } from "../errors.ts";
import { createFrameReader, writeFrame } from "./frames.ts";
import type { Classified, ImageReport, ModelFacts, WorkerOptions, WorkerRequest, WorkerResponse } from "./protocol.ts";

/** Descriptor of the pipe to the parent. */
const PIPE = 3;
const MAX_HEADER_BYTES = 4 * 1024;
const MAX_MESSAGE_CHARACTERS = 1_000;
const MEMORY_REPORT_MS = 100;
/** Memory outside the heap above which a worker collects its garbage; more than it may hold for later classifies. */
const MAX_EXTERNAL_BYTES = 64 * 1024 * 1024;

/** What a worker can do; `job` names the image. Failures are thrown, an AppError where the image is at fault. */
export interface WorkerJobs {
  readonly model: ModelFacts;
  /** `heldBytes` is the memory kept for a later classify. */
  fingerprint(job: number, image: Uint8Array, hold: boolean): Promise<{ report: ImageReport; heldBytes: number }>;
  /** `image` is null where the job is held; it is let go of, whatever comes out. */
  classify(job: number, image: Uint8Array | null): Promise<Classified>;
  release(job: number): void;
}

/**
 * The child's side of the protocol: load with `load`, say ready, then answer the parent's requests one at a time for as
 * long as the parent holds the other end of the pipe. Where `load` fails, say why and exit.
 */
export async function serveRequests(options: WorkerOptions, load: () => Promise<WorkerJobs>): Promise<void> {
  // A signal to the process group or the control group is the parent's to handle: it drains, then closes the pipe.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
  pipe.on("error", leave);
  pipe.on("close", leave);
  // Flowing from the start, so that a parent that dies meanwhile is noticed; nothing is sent before "ready".
  pipe.resume();

  let jobs: WorkerJobs;
  try {
    jobs = await load();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    pipe.off("close", leave);
    writeFrame(pipe, { type: "unready", reason } satisfies WorkerResponse);
    pipe.end(() => process.exit(1));
    return;
  }

  function answer(response: WorkerResponse): void {
    writeFrame(pipe, response);
  }

  async function run(request: Exclude<WorkerRequest, { type: "release" }>, body: Uint8Array): Promise<void> {
    const { job } = request;
    answer({ type: "started", job });
    try {
      if (request.type === "fingerprint") {
        answer({ type: "fingerprinted", job, ...(await jobs.fingerprint(job, body, request.hold)) });
      } else {
        answer({ type: "classified", job, classified: await jobs.classify(job, request.held ? null : body) });
      }
    } catch (error) {
      answer({ type: "failed", job, ...describeFailure(error) });
    }
    await collectLeftovers();
  }

  let last = Promise.resolve();
  const read = createFrameReader(
    { maxHeaderBytes: MAX_HEADER_BYTES, maxBodyBytes: options.maxImageBytes },
    (header, body) => {
      // The parent is trusted: it is the same program.
      const request = header as WorkerRequest;
      if (request.type === "release") jobs.release(request.job);
      else last = last.then(() => run(request, body));
    },
  );
  pipe.on("data", read);
  if (options.reportMemory) {
    setInterval(() => answer({ type: "memory", residentBytes: process.memoryUsage.rss() }), MEMORY_REPORT_MS);
  }
  answer({ type: "ready", model: jobs.model });
}

/** The parent is gone or wants no more. An orderly exit would wait for a decoder that may never come back. */
function leave(): void {
  process.kill(process.pid, "SIGKILL");
}

/**
 * Left to V8, the pixels of several big images pile up, and the memory cap would hit the image that comes next. Native
 * memory is freed after the collection, on the next turn of the event loop.
 */
async function collectLeftovers(): Promise<void> {
  if (process.memoryUsage().external <= MAX_EXTERNAL_BYTES) return;
  globalThis.gc?.();
  await setImmediate();
}

/** Text of an unknown error may hold anything, so it goes to the log, by way of stderr, and not to the caller. */
function describeFailure(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof AppError && error.code.startsWith("image_")) {
    return { code: error.code, message: error.message.slice(0, MAX_MESSAGE_CHARACTERS) };
  }
  console.error(error);
  if (error instanceof RangeError && /allocation failed/i.test(error.message)) {
    return { code: "image_crashed_decoder", message: "Expected image to be decoded within the memory of a worker" };
  }
  return { code: "internal", message: "Something went wrong on our side" };
}
