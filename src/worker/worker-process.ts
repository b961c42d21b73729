import { spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { createFrameReader, writeFrame } from "./frames.ts";
import { parseResponse } from "./parse-response.ts";
import type { WorkerLogger } from "./pool-options.ts";
import type { WorkerOptions, WorkerRequest, WorkerResponse } from "./protocol.ts";
import { WORKER_ENVIRONMENT, workerCommand } from "./worker-command.ts";

/** How long the rest of a dead worker's output is waited for, and a worker told to leave is let be, in milliseconds. */
const LEAVE_MS = 1_000;
/** Lines are cut at this many characters, and this many are logged per job: a crafted image can make libvips chatty. */
const MAX_LOG_CHARACTERS = 2_000;
const MAX_LOGS_PER_JOB = 10;

export interface WorkerProcess {
  /** Undefined where the process could not be started. */
  readonly pid: number | undefined;
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
  send(request: WorkerRequest, body?: Uint8Array): void;
  kill(): void;
  /** Close the pipe, on which an idle worker exits; one that doesn't is killed. */
  end(): void;
}

export interface WorkerProcessEvents {
  onResponse(response: WorkerResponse): void;
  /** The worker broke the protocol; nothing more is read from it. */
  onProtocolError(error: unknown): void;
  /** Called once, when the process is gone and everything it said has been read. `how` is for the log. */
  onGone(how: string): void;
}

/**
 * Start a worker process: a pipe of frames at its descriptor 3, an environment without the service's secrets, stderr to
 * the log, and the limits that `workerCommand` tells. Never throws; a process that can't be started is reported
 * through `onGone`.
 */
export function startWorkerProcess(
  script: URL,
  options: WorkerOptions,
  maxResidentBytes: number,
  logger: WorkerLogger,
  events: WorkerProcessEvents,
): WorkerProcess {
  const [file, ...args] = workerCommand(script, options, process.execArgv, maxResidentBytes);
  const child = spawn(file, args, {
    env: WORKER_ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const { pid, stderr } = child;
  const pipe = child.stdio[3];
  let logsLeft = MAX_LOGS_PER_JOB;
  if (stderr !== null) {
    logChunks(stderr, (text) => {
      if (logsLeft-- > 0) logger.warn({ workerPid: pid, stderr: text }, "image worker wrote to stderr");
    });
  }

  const read = createFrameReader({ maxHeaderBytes: 64 * 1024, maxBodyBytes: 0 }, (header) => {
    events.onResponse(parseResponse(header));
  });
  if (pipe instanceof Socket) {
    pipe.on("data", (chunk: Buffer) => {
      try {
        read(chunk);
      } catch (error) {
        pipe.removeAllListeners("data").resume();
        events.onProtocolError(error);
      }
    });
    // A write to a worker that has died fails here; its death is what matters and is reported by the process.
    pipe.on("error", () => {});
  }

  const gone = new Promise<void>((resolve) => {
    let how: string | null = null;
    const leave = (text: string): void => {
      if (how !== null) return;
      how = text;
      events.onGone(text);
      resolve();
    };
    child.on("error", (error) => {
      if (pid === undefined) leave(`it could not be started: ${error.message}`);
    });
    child.on("exit", (code, signal) => {
      const text = signal === null ? `exit code ${code}` : `signal ${signal}`;
      // "close" comes once the pipes are read to their end, so an answer sent just before the exit still counts.
      child.once("close", () => leave(text));
      setTimeout(leave, LEAVE_MS, text).unref();
    });
  });

  return {
    pid,
    gone,
    send(request, body) {
      logsLeft = MAX_LOGS_PER_JOB;
      if (pipe instanceof Socket && pipe.writable) writeFrame(pipe, request, body);
    },
    kill() {
      child.kill("SIGKILL");
    },
    end() {
      if (pipe instanceof Socket) pipe.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
      void gone.then(() => clearTimeout(timer));
    },
  };
}

function logChunks(stream: Readable, log: (text: string) => void): void {
  stream.on("data", (chunk: Buffer) => {
    const text = chunk.toString("utf8", 0, MAX_LOG_CHARACTERS).trim();
    if (text !== "") log(text);
  });
  stream.on("error", () => {});
}
