import { type Logger, pino } from "pino";
import { redactKeys } from "./redact-keys.ts";

export type { Logger };

/** JSON lines on standard error (standard output is for what the operator is told at start), without any key's secret. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ["authorization", "*.authorization", "nsfwkey", "*.nsfwkey", "key", "secret", "*.key", "*.secret"],
        censor: "[redacted]",
      },
      hooks: { streamWrite: redactKeys },
    },
    pino.destination(2),
  );
}
