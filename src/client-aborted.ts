/** The client went away before it could be answered: nobody is there to hear it, and nothing is wrong with us. */
export class ClientAborted extends Error {
  override readonly name = "ClientAborted";

  constructor(options?: ErrorOptions) {
    super("The client closed the connection before it was answered", options);
  }
}
