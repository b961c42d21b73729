import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/** The counters at /metrics, in a registry of their own so that two services can live in one process. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  let underWay = () => 0;
  return {
    registry,
    /** Has the requests under way counted by `count`. */
    countRequests(count: () => number): void {
      underWay = count;
    },
    checks: new Counter({
      name: "lookalike_checks_total",
      help: "Images checked, by verdict.",
      labelNames: ["verdict"],
      registers,
    }),
    hashLookUps: new Counter({
      name: "lookalike_hash_look_ups_total",
      help: "Hashes looked up, by kind and verdict.",
      labelNames: ["kind", "verdict"],
      registers,
    }),
    classifierRuns: new Counter({
      name: "lookalike_classifier_runs_total",
      help: "Times the classifier ran.",
      registers,
    }),
    classifierRunsAvoided: new Counter({
      name: "lookalike_classifier_runs_avoided_total",
      help: "Times the classifier did not have to run, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    quotaRefusals: new Counter({
      name: "lookalike_quota_refusals_total",
      help: "Calls refused because the quota was used up, by kind of caller.",
      labelNames: ["caller"],
      registers,
    }),
    credentialRefusals: new Counter({
      name: "lookalike_credential_refusals_total",
      help: "Credentials refused: invalid ones, and those not looked at after too many of them from an address.",
      labelNames: ["reason"],
      registers,
    }),
    workerRestarts: new Counter({
      name: "lookalike_worker_restarts_total",
      help: "Image workers that were replaced, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    workerQueue: new Gauge({
      name: "lookalike_worker_queue",
      help: "Images waiting for a worker.",
      registers,
    }),
    requestsUnderWay: new Gauge({
      name: "lookalike_requests_under_way",
      help: "Requests under way, without those that wait for a slow sender.",
      registers,
      collect() {
        this.set(underWay());
      },
    }),
    overloadRefusals: new Counter({
      name: "lookalike_overload_refusals_total",
      help: "Requests refused because the service was at its limit, by the limit.",
      labelNames: ["reason"],
      registers,
    }),
    hotIndexRows: new Gauge({
      name: "lookalike_hot_index_rows",
      help: "Rows searched in memory, by table; 0 where the database answers.",
      labelNames: ["table"],
      registers,
    }),
    staleEntries: new Gauge({
      name: "lookalike_stale_entries",
      help: "List entries with hashes of another version, by whether those are still compared.",
      labelNames: ["compared"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "lookalike_request_duration_seconds",
      help: "Time from a request's arrival to its answer, by route and status.",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };
}
