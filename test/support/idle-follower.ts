import { createChangeFollower } from "../../src/db/change-follower.ts";
import { quietLogger } from "./database.ts";

/** Follows nothing: the database answers. */
export const idleFollower = createChangeFollower({
  logger: quietLogger,
  wantsLsn: false,
  startAnew() {},
  tables: { apply() {}, near: async () => null },
  catchUp() {},
});
