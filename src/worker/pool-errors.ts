import { AppError } from "../errors.ts";
import type { RestartReason } from "./pool-options.ts";

const MEBIBYTE = 1024 * 1024;
const IMAGE = { field: "image" };

/** What the one whose job was running hears of a lost worker. */
export function lossError(
  reason: RestartReason,
  limits: { readonly deadlineMs: number; readonly maxResidentBytes: number },
): AppError {
  if (reason === "deadline") {
    return new AppError("image_too_slow", `Expected image to be decoded within ${limits.deadlineMs} ms`, IMAGE);
  }
  if (reason === "memory") {
    const mebibytes = Math.round(limits.maxResidentBytes / MEBIBYTE);
    return new AppError(
      "image_crashed_decoder",
      `Expected image to be decoded within ${mebibytes} MiB of memory`,
      IMAGE,
    );
  }
  return new AppError("image_crashed_decoder", "Expected image to be decoded but it stopped its decoder", IMAGE);
}

/** An image over the pool's own limit; the surfaces check theirs before. */
export function tooManyBytes(bytes: number, maxBytes: number): AppError {
  return new AppError(
    "image_too_many_bytes",
    `Expected at most ${maxBytes} bytes for image but received ${bytes}`,
    IMAGE,
  );
}

export function shuttingDown(): AppError {
  return new AppError("shutting_down", "Expected no more images: the service is shutting down");
}

/** Our own fault; `cause` is for the log. */
export function internal(cause: Error): AppError {
  return new AppError("internal", "Something went wrong on our side", {}, { cause });
}
