const WIDTH = 30;
/** Where standard error is no terminal there is a line for each twentieth. */
const LINES = 20;

/** A bar on standard error: percentage, how many are done, and when it will end if it goes on like that. */
export function progressBar(what: string, total: number): { step(): void; end(): void } {
  const start = performance.now();
  const terminal = process.stderr.isTTY;
  let done = 0;
  let lines = 0;
  return {
    step() {
      done++;
      const part = done / total;
      if (!terminal && Math.floor(part * LINES) === lines) return;
      lines = Math.floor(part * LINES);
      const seconds = ((performance.now() - start) / 1000 / done) * (total - done);
      const bar = "#".repeat(Math.round(part * WIDTH)).padEnd(WIDTH, "-");
      const line = `[${bar}] ${(100 * part).toFixed(0).padStart(3)} %  ${done} of ${total} ${what}  ${clock(seconds)} left`;
      process.stderr.write(terminal ? `\r${line} ` : `${line}\n`);
    },
    end() {
      if (terminal) process.stderr.write("\n");
    },
  };
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
