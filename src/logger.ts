import { type Logger, pino } from "pino";

export type { Logger };

/** JSON lines on standard error (standard output is for what the operator is told at start). */
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
    },
    pino.destination(2),
  );
}
