// For a small machine that this engine shares with the service. Given on its command line, so that a new version of the
// service brings new defaults to old data.
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: "60",
  shared_buffers: "128MB",
  // Plans here are short; compiling them costs more than it saves.
  jit: "off",
  fsync: "on",
  timezone: "UTC",
  log_timezone: "UTC",
  // Failed statements are the service's to log; the engine's own log would repeat values from them.
  log_min_messages: "log",
  log_checkpoints: "off",
  cluster_name: "lookalike",
};

/** The settings of an engine that is reached by a socket in `socketFolder` and in no other way. */
export function engineSettings(
  socketFolder: string,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    ...DEFAULTS,
    ...changes,
    listen_addresses: "",
    // A list, in which a quoted name may hold commas.
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
  };
}
