import { buildService } from "../../test/support/build-service.ts";
import { type ServiceCrew, startServiceCrew } from "../../test/support/service-crew.ts";
import { progress } from "../index/progress.ts";
import { type DurableDatabase, startDurableDatabase } from "./durable-database.ts";

/** Built service processes on a database that keeps what it has committed. */
export interface DurableStage {
  readonly adminKey: string;
  readonly database: DurableDatabase;
  readonly crew: ServiceCrew;
  /** Ends the services and removes the database. */
  remove(): Promise<void>;
}

const ADMIN_KEY = "admin-key-of-the-fault-runs-only";

/** @param settings besides those of every stage: X-Forwarded-For is believed, so that requests may come from any address */
export async function openDurableStage(processes: number, settings: Record<string, string>): Promise<DurableStage> {
  progress("the service is built");
  await buildService();
  const database = await startDurableDatabase();
  const common = { DATABASE_URL: database.url, ADMIN_KEY, TRUST_PROXY: "1" };
  const crew = await startServiceCrew(processes, { ...common, ...settings });
  return {
    adminKey: ADMIN_KEY,
    database,
    crew,
    async remove() {
      await crew.stop();
      await database.remove();
    },
  };
}
