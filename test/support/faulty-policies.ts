import type { Asked, FaultyRequest } from "./faulty-requests.ts";
import type { FaultyService } from "./faulty-service.ts";
import { ask } from "./requests.ts";

const RULES = [
  { when: { list: "banned" }, action: "reject", text: "Banned" },
  { when: { score: "unsafe", at_least: 0.5 }, action: "review", text: "Nudity" },
];

async function onWorkflow(on: FaultyService, word: string, method: string, path = "", body?: unknown): Promise<Asked> {
  const made = await ask(on.service, "POST", "/v1/workflows", { body: { name: word, rules: RULES } });
  return { method, path: `/v1/workflows/${made.body.id}${path}`, body };
}

const workflows: readonly FaultyRequest[] = [
  {
    name: "create a workflow",
    operation: "POST /v1/workflows",
    prepare: (_, word) => ({ method: "POST", path: "/v1/workflows", body: { name: word, rules: RULES } }),
  },
  {
    name: "page through workflows",
    operation: "GET /v1/workflows",
    grows: true,
    prepare: () => ({ method: "GET", path: "/v1/workflows?limit=2" }),
  },
  {
    name: "get a workflow",
    operation: "GET /v1/workflows/{id}",
    prepare: (on, word) => onWorkflow(on, word, "GET"),
  },
  {
    name: "change a workflow",
    operation: "PATCH /v1/workflows/{id}",
    prepare: (on, word) => onWorkflow(on, word, "PATCH", "", { rules: RULES.slice(1) }),
  },
  {
    name: "delete a workflow",
    operation: "DELETE /v1/workflows/{id}",
    afterLost: [404],
    prepare: (on, word) => onWorkflow(on, word, "DELETE"),
  },
  {
    name: "check a new image by a workflow",
    operation: "POST /v1/workflows/{id}/check",
    costs: 1,
    prepare: async (on, word) => ({
      ...(await onWorkflow(on, word, "POST", "/check", on.fresh(on.banned, word))),
      key: on.app.key,
    }),
  },
];

const feedbackPath = "/v1/feedback?model=nsfw-mobilenet-v2&class=safe";

async function onFeedback(on: FaultyService, word: string, method: string, path = ""): Promise<Asked> {
  const said = await ask(on.service, "POST", feedbackPath, { body: on.fresh(on.known, word) });
  return { method, path: `/v1/feedback/${said.body.id}${path}` };
}

const feedback: readonly FaultyRequest[] = [
  {
    name: "give feedback on an image that was never checked",
    operation: "POST /v1/feedback",
    prepare: (on, word) => ({ method: "POST", path: feedbackPath, key: on.app.key, body: on.fresh(on.known, word) }),
  },
  {
    name: "give feedback on an image that was checked",
    operation: "POST /v1/feedback",
    async prepare(on, word) {
      const body = on.fresh(on.banned, word);
      await ask(on.service, "POST", "/v1/images/check", { body });
      return { method: "POST", path: feedbackPath, key: on.app.key, body };
    },
  },
  {
    name: "page through feedback",
    operation: "GET /v1/feedback",
    grows: true,
    prepare: () => ({ method: "GET", path: "/v1/feedback?limit=2" }),
  },
  { name: "get feedback", operation: "GET /v1/feedback/{id}", prepare: (on, word) => onFeedback(on, word, "GET") },
  {
    name: "get the picture of feedback",
    operation: "GET /v1/feedback/{id}/picture",
    // It's no JSON.
    grows: true,
    async prepare(on, word) {
      const asked = await onFeedback(on, word, "GET", "/picture");
      await on.database.database.pool.query("update feedback set picture = $1 where picture is null", [on.known]);
      return asked;
    },
  },
  {
    name: "delete feedback",
    operation: "DELETE /v1/feedback/{id}",
    afterLost: [404],
    prepare: (on, word) => onFeedback(on, word, "DELETE"),
  },
];

/** What asks the database of workflows and of feedback. */
export const FAULTY_POLICY_REQUESTS: readonly FaultyRequest[] = [...workflows, ...feedback];
